// Columns of text, each as wide as its widest entry. Pure. Widths count characters, not bytes.
#pragma once

#include <string>
#include <vector>

namespace metaset::app {

using Table = std::vector<std::vector<std::string>>;  // rows; the first one has the headings
std::string text_table(const Table& table, bool with_header);

}  // namespace metaset::app
