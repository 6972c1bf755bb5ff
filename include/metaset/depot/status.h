// status/0 (protocol/formats.md section 7).
// Thread-safety: as the view.
#pragma once

#include <cstdint>
#include <string>

#include "metaset/depot/publishers.h"
#include "metaset/store/view.h"

namespace metaset::depot {

// Since the start of the process.
struct RequestCounts {
  std::uint64_t catalog = 0, file = 0, manifests = 0;
};

// JSON, indent 2, final newline.
std::string status_document(const store::View& view, const Publishers& publishers,
                            const RequestCounts& counts);

}  // namespace metaset::depot
