#include "metaset/store/manifest_store.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/base/gzip.h"
#include "metaset/ips/manifest.h"

namespace metaset::store {

// value = 'g' or 'r', u64 size of the text (8 bytes, big-endian), bytes
namespace {
constexpr std::size_t kHeader = 9;
constexpr std::size_t kSmallestGzip = 200;  // below, header and trailer eat what deflate saves
}  // namespace

std::string encode_manifest(std::string_view text) {
  if (text.size() > ips::kMaxManifestText) {
    throw Error(Code::kLimit, "manifest of " + std::to_string(text.size()) + " bytes; at most " +
                                  std::to_string(ips::kMaxManifestText) + " are allowed");
  }
  std::string value(1, 'r');
  for (int shift = 56; shift >= 0; shift -= 8) {
    value.push_back(static_cast<char>(std::uint64_t{text.size()} >> shift));
  }
  if (text.size() >= kSmallestGzip) {
    const std::string packed = gzip_metadata(text);
    if (packed.size() < text.size()) {
      value[0] = 'g';
      return value.append(packed);
    }
  }
  return value.append(text);
}

StoredManifest decode_manifest(std::string_view value) {
  if (value.size() < kHeader || (value[0] != 'g' && value[0] != 'r')) {
    throw Error(Code::kCorrupt, "damaged manifest in the database");
  }
  StoredManifest result;
  result.is_gzip = value[0] == 'g';
  for (const char c : value.substr(1, 8))
    result.size = result.size << 8 | static_cast<std::uint8_t>(c);
  result.bytes = value.substr(kHeader);
  return result;
}

std::string StoredManifest::text() const {
  std::string result = is_gzip ? gunzip(bytes, size) : std::string(bytes);
  if (result.size() != size) throw Error(Code::kCorrupt, "damaged manifest in the database");
  return result;
}

std::string StoredManifest::beginning(std::size_t most) const {
  constexpr std::size_t kAtOnce = 16 << 10;
  if (!is_gzip) return std::string(bytes.substr(0, most));
  std::string result;
  GunzipStream stream;
  for (std::string_view rest = bytes; !rest.empty() && result.size() < most;) {
    stream.write(rest.substr(0, kAtOnce), result);
    rest.remove_prefix(std::min(kAtOnce, rest.size()));
  }
  if (result.size() > most) result.resize(most);
  return result;
}

}  // namespace metaset::store
