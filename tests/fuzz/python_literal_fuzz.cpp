// A Python list: what is printed as Python's repr() prints it is read as the same list.
#include <string>
#include <vector>

#include "metaset/base/percent.h"
#include "metaset/pkg5/ini.h"

#include "fuzz.h"

namespace {

std::string print(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& item : list) {
    out += out.size() > 1 ? ", '" : "'";
    for (const char c : item) {
      if (c == '\n') {
        out += "\\n";
      } else {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
      }
    }
    out += '\'';
  }
  return out + "]";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using metaset::fuzz::require;
  using metaset::pkg5::parse_python_list;
  const std::string_view text = metaset::fuzz::text_of(data, size);
  metaset::pkg5::parse_python_bool(text);
  const auto list = parse_python_list(text);
  if (!list) return 0;
  for (const std::string& item : *list) require(metaset::is_utf8(item));
  const auto again = parse_python_list(print(*list));
  require(again && *again == *list);
  return 0;
}
