// How manifests are kept in the `manifests` tables: once by the SHA-256 of their text, compressed
// once as the gzip member that HTTP clients get; short texts that gzip would not shrink stay as
// they are. Thread-safety: as the transaction. Errors: kCorrupt for damaged values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace metaset::store {

struct StoredManifest {
  bool is_gzip = false;
  std::uint64_t size = 0;    // of the text
  std::string_view bytes;    // gzip member or text; dies with the transaction
  std::string text() const;  // uncompresses if need be; checks the size
  // At most so many bytes of it; uncompresses only those.
  std::string beginning(std::size_t most) const;
};

std::string encode_manifest(std::string_view text);
StoredManifest decode_manifest(std::string_view value);

}  // namespace metaset::store
