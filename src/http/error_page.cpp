#include "metaset/http/error_page.h"

#include <cstring>

#include <fmt/format.h>

#include "metaset/base/percent.h"
#include "metaset/http/response.h"

namespace metaset::http {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// The last two characters of the basic plane, U+FFFE and U+FFFF, are no XML characters.
bool is_noncharacter(std::string_view text) {
  return text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf");
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return {};
  }
}

bool is_forbidden_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

}  // namespace

void append_xml(std::string_view text, std::string& out) {
  const bool utf8 = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (const std::string_view name = entity(c); !name.empty()) {
      out += name;
    } else if (is_forbidden_control(c) || (!utf8 && static_cast<unsigned char>(c) >= 0x80)) {
      out += kReplacement;
    } else if (is_noncharacter(text.substr(i))) {
      out += kReplacement;
      i += 2;
    } else {
      out += c;
    }
  }
}

std::string error_page(int status, std::string_view message) {
  std::string escaped;
  append_xml(message, escaped);
  const std::string title = fmt::format("{} {}", status, reason_phrase(status));
  return fmt::format(
      "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n"
      "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
      "<html><head><title>{}</title></head>\n"
      "<body><h2>{}</h2><p>{}</p></body></html>\n",
      title, title, escaped);
}

}  // namespace metaset::http
