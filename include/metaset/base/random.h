// Bytes that nobody can guess. Thread-safety: any thread. Errors: kInternal if OpenSSL has none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace metaset {

void fill_with_random_bytes(std::uint8_t* bytes, std::size_t size);

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes() {
  std::array<std::uint8_t, N> bytes;
  fill_with_random_bytes(bytes.data(), bytes.size());
  return bytes;
}

// Any 64-bit number.
std::uint64_t random_number();

}  // namespace metaset
