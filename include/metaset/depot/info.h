// info/0: a package in words (protocol/http.md section 5.7).
// Thread-safety: as the view.
#pragma once

#include <string>
#include <string_view>

#include "metaset/depot/publishers.h"
#include "metaset/ips/fmri.h"
#include "metaset/store/payloads.h"
#include "metaset/store/view.h"

namespace metaset::depot {

// UTF-8 text with the licences uncompressed; licences whose payload is missing are left out.
// Publisher: prefix, else that of the FMRI, else the default one; without any of them all are
// searched, and the text names none. Errors as find_manifest(); kLimit for licences of more than 64
// MiB.
std::string package_info(const store::View& view, const Publishers& publishers,
                         const store::PayloadStore& payloads, std::string_view prefix,
                         const ips::Fmri& fmri);

// "123.45 kB": two decimals, divisor 1024.
std::string size_text(std::uint64_t bytes);

}  // namespace metaset::depot
