// What the fuzz targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "metaset/base/error.h"

namespace metaset::fuzz {

// Unlike assert(), also there in optimised builds.
inline void require(bool condition) {
  if (!condition) std::abort();
}

// Runs a parser: it may throw nothing but Error.
template <typename Call>
bool accepts(const Call& call) {
  try {
    call();
    return true;
  } catch (const Error& error) {
    require(!error.message().empty());
    require(error.code() != Code::kInternal);
    return false;
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace metaset::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
