// White space as queries and the search index know it (protocol/search.md sections 2.1 and 4.2).
#pragma once

#include <cstddef>
#include <string_view>

#include "metaset/base/utf8.h"

namespace metaset::ips {

inline bool is_unicode_space(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f) || c == 0x85 ||
         c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

// The length of the white space character that is at `at`, 0 if there is another one.
inline std::size_t space_at(std::string_view text, std::size_t at) {
  const Utf8Character character = first_utf8_character(text.substr(at));
  return is_unicode_space(character.value) ? character.length : 0;
}

// Where the next white space is from `at` on, or the end.
inline std::size_t find_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Utf8Character character = first_utf8_character(text.substr(at));
    if (character.length == 0) {
      ++at;
    } else if (is_unicode_space(character.value)) {
      break;
    } else {
      at += character.length;
    }
  }
  return at;
}

// Calls visit(std::string_view) for each word between white space.
template <typename Visit>
void for_each_spaced_word(std::string_view text, const Visit& visit) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (const std::size_t length = space_at(text, at)) {
      at += length;
      continue;
    }
    const std::size_t end = find_space(text, at);
    visit(text.substr(at, end - at));
    at = end;
  }
}

}  // namespace metaset::ips
