#include "ips/text.h"

namespace metaset::ips {
namespace {

constexpr std::size_t kMaxQuoted = 160;
constexpr std::size_t kMaxLocale = 32;

}  // namespace

std::string quoted_for_message(std::string_view text) {
  std::size_t end = std::min(text.size(), kMaxQuoted);
  // Not in the middle of a character.
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  std::string out = "'";
  for (const char c : text.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  if (end < text.size()) out += "...";
  out += '\'';
  return out;
}

bool is_locale_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxLocale || name.front() == '.') return false;
  if (name.find("..") != std::string_view::npos) return false;
  for (const char c : name) {
    if (!is_alphanumeric(c) && c != '_' && c != '-' && c != '.' && c != '@') return false;
  }
  return true;
}

}  // namespace metaset::ips
