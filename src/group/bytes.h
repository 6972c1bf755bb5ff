// Little-endian numbers in texts, for this directory.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace metaset::group {

static_assert(std::endian::native == std::endian::little, "formats are little-endian");

template <std::unsigned_integral T>
void put_number(T value, std::string& out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

// Takes a number off the front, which must be there.
template <std::unsigned_integral T>
T take_number(std::string_view& text) {
  T value = 0;
  std::memcpy(&value, text.data(), sizeof(T));
  text.remove_prefix(sizeof(T));
  return value;
}

inline void put_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

// nullopt for one that is cut off, longer than needed, or larger than 64 bits.
inline std::optional<std::uint64_t> take_varint(std::string_view& text) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !text.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(text.front());
    text.remove_prefix(1);
    const std::uint64_t bits = byte & 0x7fU;
    if ((bits << shift) >> shift != bits) return std::nullopt;
    value |= bits << shift;
    if (byte >= 0x80) continue;
    if (byte == 0 && shift != 0) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

}  // namespace metaset::group
