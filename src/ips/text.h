// Character classes and message helpers for the parsers of this layer. Independent of the locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "metaset/base/error.h"

namespace metaset::ips {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
// White space inside an action (protocol/formats.md section 3.1).
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }
// White space at the ends of lines and FMRIs.
inline bool is_space(char c) { return is_blank(c) || c == '\v' || c == '\f' || c == '\r'; }

inline bool consists_of_digits(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return true;
}

inline std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The text for a message: never longer than a line, control characters made visible.
std::string quoted_for_message(std::string_view text);

template <typename... Args>
[[noreturn]] void throw_invalid(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Code::kInvalid, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
[[noreturn]] void throw_corrupt(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(Code::kCorrupt, fmt::format(format, std::forward<Args>(args)...));
}

// Letters, digits, '_', '-', '.', '@', at most 32 bytes, no "..": locale names become file names.
bool is_locale_name(std::string_view name);

}  // namespace metaset::ips
