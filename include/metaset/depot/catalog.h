// catalog/1 and catalog/0 (protocol/http.md sections 5.1 and 5.2, protocol/catalog.md sections 1
// and 9).
//
// Names are looked up in what the view has; they are never joined to a path.
// Thread-safety: as the view; results do not refer to the transaction.
#pragma once

#include <memory>
#include <string_view>

#include "metaset/depot/publishers.h"
#include "metaset/ips/catalog.h"
#include "metaset/store/catalog_files.h"
#include "metaset/store/view.h"

namespace metaset::depot {

struct CatalogAnswer {
  std::shared_ptr<const store::AttrsFile> attrs;  // for catalog.attrs
  store::CatalogFile file;                        // for everything else
};

// kNotFound for a name that the publisher's catalog does not have. System errors when a file has to
// be rendered first.
CatalogAnswer find_catalog_file(const store::View& view, store::CatalogFiles& files,
                                const PublisherFacts& publisher, std::string_view name);

// The text of catalog/0; its Last-Modified header is iso_timestamp(publisher.state.last_modified).
// The sink gets pieces of about 32 KiB. It must not wait for a slow peer: the transaction is in use
// until the last piece.
void write_catalog_0(const store::View& view, const PublisherFacts& publisher,
                     const ips::Sink& sink);

// For catalog/0 errors are 400: kInvalid where named_or_default() gives kNotFound.
const PublisherFacts& publisher_for_catalog_0(const Publishers& publishers,
                                              std::string_view prefix);

}  // namespace metaset::depot
