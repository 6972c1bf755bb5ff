#include "metaset/base/clock.h"
#include "metaset/ips/catalog.h"

#include "ips/text.h"

namespace metaset::ips {
namespace {

// Long enough for every part and locale, short enough for a file name.
constexpr std::size_t kMaxName = 128;

bool is_part_word(std::string_view word) {
  if (word.empty()) return false;
  for (const char c : word) {
    if (!is_alphanumeric(c) && c != '-' && c != '_') return false;
  }
  return true;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool is_catalog_file_name(std::string_view name) {
  if (name == "catalog.attrs") return true;
  if (name.size() > kMaxName || name.find("..") != std::string_view::npos) return false;
  const bool part = take_prefix(name, "catalog.");
  if (!part && !take_prefix(name, "update.")) return false;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || !is_locale_name(name.substr(dot + 1))) return false;
  const std::string_view middle = name.substr(0, dot);
  return part ? is_part_word(middle) : parse_update_hour(middle).has_value();
}

}  // namespace metaset::ips
