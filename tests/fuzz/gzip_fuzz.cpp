// Bytes that may be gzip, with a bound on what comes out; and any bytes through gzip and back.
#include <algorithm>
#include <optional>
#include <string>

#include "metaset/base/gzip.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::require;

// In pieces; nullopt if the bytes are not a whole gzip member. Stops at the bound.
std::optional<std::string> stream(std::string_view bytes, std::size_t piece, std::uint64_t bound) {
  std::string out;
  metaset::GunzipStream gunzip;
  const bool good = metaset::fuzz::accepts([&] {
    while (!bytes.empty() && out.size() <= bound) {
      gunzip.write(bytes.substr(0, piece), out);
      bytes.remove_prefix(std::min(piece, bytes.size()));
    }
  });
  // Deflate expands at most 1032 times.
  require(out.size() <= bound + (piece + 64) * 1032);
  if (!good || !gunzip.done()) return std::nullopt;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint64_t bound = std::uint64_t{data[0]} * 256;
  const std::size_t piece = std::size_t{data[1]} + 1;
  const std::string_view bytes = metaset::fuzz::text_of(data + 2, size - 2);

  std::string whole;
  const bool good = metaset::fuzz::accepts([&] { whole = metaset::gunzip(bytes, bound); });
  require(whole.size() <= bound);
  const std::optional<std::string> streamed = stream(bytes, piece, bound);
  // libdeflate takes two codes that RFC 1951 reserves, zlib does not: both check what comes out.
  if (good && streamed) require(*streamed == whole);
  if (streamed && streamed->size() <= bound) require(good);

  const std::string packed = metaset::gzip(bytes, metaset::kPayloadLevel);
  require(metaset::is_pkg_gzip(packed));
  require(metaset::gunzip(packed, bytes.size()) == bytes);
  std::string in_pieces;
  metaset::GzipStream gzip(metaset::kMetadataLevel);
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    gzip.write(bytes.substr(i, piece), in_pieces);
  }
  gzip.finish(in_pieces);
  require(metaset::gunzip(in_pieces, bytes.size()) == bytes);
  return 0;
}
