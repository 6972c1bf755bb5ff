// Decoding UTF-8. Thread-safety: re-entrant. Errors: none.
#pragma once

#include <cstddef>
#include <string_view>

namespace metaset {

struct Utf8Character {
  char32_t value = 0;
  std::size_t length = 0;  // 0: not well-formed here
};

// The character that the text begins with; the text is not empty.
Utf8Character first_utf8_character(std::string_view text);

// The length of the longest beginning that is ASCII.
std::size_t ascii_prefix(std::string_view text);

}  // namespace metaset
