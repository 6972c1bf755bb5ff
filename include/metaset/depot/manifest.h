// manifest/0 and manifest/1: the stored manifest of one package version (protocol/http.md section
// 5.3).
//
// A manifest is served whether or not the view has the package: it is immutable, and a client may
// ask for a package that it learned of from another depot of the group.
// Thread-safety: as the view. What is returned does not refer to the transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/depot/publishers.h"
#include "metaset/ips/fmri.h"
#include "metaset/store/view.h"

namespace metaset::depot {

struct Manifest {
  store::Publisher publisher;  // whose package it is
  std::string bytes;           // as stored: a gzip member, or the text
  bool is_gzip = false;
  std::uint64_t size = 0;  // of the text, bytes
  Sha1 sha1{};             // of the text, as in the catalog; a strong validator
  Time last_modified;      // when the metaset that brought it was made
  std::string text() &&;   // moves or uncompresses; kCorrupt
};

// `prefix`: the publisher of the request, empty for none. Without prefix the publisher in the FMRI
// is asked, without that all of them, the default one first. kInvalid for an unknown prefix,
// kNotFound if there is no such manifest.
Manifest find_manifest(const store::View& view, const Publishers& publishers,
                       std::string_view prefix, const ips::Fmri& fmri);

}  // namespace metaset::depot
