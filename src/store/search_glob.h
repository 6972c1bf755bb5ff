// What a pattern says of a path or of its parts, so that few rows have to be looked at. Private to
// the store. Pure; patterns and texts are folded. They say rather yes than no.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace metaset::store {

// What every text that matches ends with. (ips::literal_prefix is what it begins with.)
std::string literal_suffix(std::string_view pattern);
// Whether a text made only of the characters of `allowed` may match.
bool may_match_only(std::string_view pattern, std::string_view allowed);

// How many characters every text has that matches; nullopt: that differs.
std::optional<std::size_t> fixed_length(std::string_view pattern);
// Of a text that is not UTF-8 there may be more: '?' stands for some bytes that are not counted.
std::size_t count_characters(std::string_view text);

// Patterns for paths, which begin with '/'.
struct PathPattern {
  bool possible = false;  // false: no path matches
  // The last component of every path that matches is matched by it, unless the directory alone
  // decides (below). Unset: it always does.
  std::optional<std::string> name;
  // If the name decides, the directory, without a '/' after it, is matched by this.
  std::string above = "*";
  // A path that ends in '/' may match too.
  bool name_may_be_empty = false;
  // Set if the pattern ends in '*': a path matches if the directory and a '/' match.
  std::optional<std::string> directory;
};
PathPattern path_pattern(std::string_view pattern);

}  // namespace metaset::store
