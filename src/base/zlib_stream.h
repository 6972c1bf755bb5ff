// What compressing and uncompressing with zlib have in common. Internal to src/base.
#pragma once

#include <algorithm>
#include <limits>
#include <new>
#include <string_view>

#include <zlib.h>

#include "metaset/base/error.h"

namespace metaset::zlib {

inline constexpr std::size_t kChunk = 32768;

inline void check_start(int result) {
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result != Z_OK) throw Error(Code::kInternal, "zlib could not be started");
}

// zlib never writes through next_in.
inline Bytef* input_pointer(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}
inline Bytef* output_pointer(char* out) { return reinterpret_cast<Bytef*>(out); }

// zlib counts in 32 bits: gives the stream as much of `bytes` as it can take.
inline void feed(z_stream& stream, std::string_view& bytes) {
  const std::size_t size = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
  stream.next_in = input_pointer(bytes);
  stream.avail_in = static_cast<uInt>(size);
  bytes.remove_prefix(size);
}

}  // namespace metaset::zlib
