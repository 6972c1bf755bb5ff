// Header fields that are lists, for this directory.
#pragma once

#include <algorithm>
#include <string_view>

namespace metaset::http {

inline std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Calls take(item) for the non-empty items, without the blanks around them.
template <typename Take>
void for_each_item(std::string_view list, char separator, Take take) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    if (const std::string_view item = trim(list.substr(0, end)); !item.empty()) take(item);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

}  // namespace metaset::http
