// Names of payloads in actions.
#pragma once

#include <string_view>

#include "metaset/ips/action.h"

namespace metaset::ips {

// 40 or 64 lower-case hex digits.
bool is_payload_name(std::string_view name);

// Calls `visit` with each blank-separated word.
template <typename Visit>
void for_each_word(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const std::size_t start = text.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) return;
    const std::size_t end = std::min(text.find_first_of(" \t\n", start), text.size());
    visit(text.substr(start, end - start));
    text.remove_prefix(end);
  }
}

}  // namespace metaset::ips
