#include "text_table.h"

#include <algorithm>

namespace metaset::app {
namespace {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string text_table(const Table& table, bool with_header) {
  std::vector<std::size_t> widths;
  const std::size_t first = with_header ? 0 : 1;
  for (std::size_t row = first; row < table.size(); ++row) {
    widths.resize(std::max(widths.size(), table[row].size()));
    for (std::size_t i = 0; i < table[row].size(); ++i) {
      widths[i] = std::max(widths[i], width_of(table[row][i]));
    }
  }
  std::string text;
  for (std::size_t row = first; row < table.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < table[row].size(); ++i) {
      line += table[row][i];
      line.append(widths[i] - width_of(table[row][i]) + 1, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace metaset::app
