// The INI files of stock repositories: pkg5.repository and cfg_cache (protocol/formats.md section
// 8), read as the stock tools read them: keys are case-sensitive, "=" or ":" divides key and value,
// lines that begin with '#' or ';' are comments, lines indented deeper than their key continue its
// value.
//
// Pure. Errors: kInvalid naming the line and the rule; kLimit beyond kMaxIniText and
// kMaxIniThings.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::pkg5 {

inline constexpr std::size_t kMaxIniText = 1 << 20;
inline constexpr std::size_t kMaxIniThings = 10'000;  // sections and properties

struct IniProperty {
  std::string key, value;  // lines of a continued value are joined by '\n'
};
struct IniSection {
  std::string name;
  std::vector<IniProperty> properties;  // in file order, keys distinct
  const std::string* find(std::string_view key) const;
};
struct Ini {
  std::vector<IniSection> sections;  // in file order, names distinct; DEFAULT is merged into all
  const IniSection* find(std::string_view name) const;
  const std::string* find(std::string_view section, std::string_view key) const;
};

Ini parse_ini(std::string_view text);

// A Python list literal of strings, numbers, booleans and None, as text ('None' becomes ""); empty
// text is an empty list. nullopt if it is something else.
std::optional<std::vector<std::string>> parse_python_list(std::string_view text);
// True and False in any letter case; empty is false. nullopt for all else.
std::optional<bool> parse_python_bool(std::string_view text);

}  // namespace metaset::pkg5
