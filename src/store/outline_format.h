// The bytes of an outline (metaset/store/outlines.h). Private to the store.
//
//   outline  = magic digest 5( u64 ) details heads *piece
//              digest: that of the manifest; u64, big-endian: sizes of details and heads, of both
//              uncompressed, and of all pieces
//   details, heads, piece           gzip members of records as codec.h writes them
//   heads    = paths bytes count *( first begin bytes-before size uncompressed-size )
//   piece    = *( type path size mode owner group target )
//
// Thread-safety: pure. Errors: as outlines.h.
#pragma once

#include <string>
#include <string_view>

#include "metaset/store/outlines.h"

namespace metaset::store {

std::string write_outline(const Sha256& digest, std::string manifest);
// Whether the file is one that an earlier or later version of the program made.
bool is_outline_of_other_version(const Fd& file);

}  // namespace metaset::store
