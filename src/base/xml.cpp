#include "metaset/base/xml.h"

#include "metaset/base/percent.h"
#include "metaset/base/utf8.h"

namespace metaset {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::string_view entity(char c, Quotes quotes) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return quotes == Quotes::kEither ? "&#39;" : std::string_view();
    default:
      return {};
  }
}

bool is_allowed(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return !(c >= 0x7f && c < 0xa0) && !(c >= 0xfdd0 && c <= 0xfdef) && (c & 0xfffe) != 0xfffe;
}

}  // namespace

void append_xml(std::string_view text, std::string& out, Quotes quotes) {
  const bool utf8 = is_utf8(text);
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const Utf8Character character =
        byte < 0x80 || !utf8 ? Utf8Character{byte, 1} : first_utf8_character(text);
    const std::string_view name = entity(text.front(), quotes);
    if (!name.empty()) {
      out += name;
    } else if ((byte >= 0x80 && !utf8) || !is_allowed(character.value)) {
      out += kReplacement;
    } else {
      out += text.substr(0, character.length);
    }
    text.remove_prefix(character.length);
  }
}

}  // namespace metaset
