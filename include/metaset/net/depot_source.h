// A depot that is asked over HTTP for manifests and payloads (store/content_source.h): metaset or
// pkg.depotd (protocol/http.md sections 5.3 and 5.4).
#pragma once

#include <memory>
#include <string_view>

#include "metaset/net/http_client.h"
#include "metaset/store/content_source.h"

namespace metaset::net {

enum class DepotKind {
  kAny,
  kMetaset,  // manifests are asked for by their digest first (api/1/manifest)
};

// kInvalid if that is no URL. Nothing is asked yet.
std::unique_ptr<store::ContentSource> depot_source(std::string_view url, const HttpOptions& options,
                                                   DepotKind kind = DepotKind::kAny);

}  // namespace metaset::net
