#include "metaset/base/json.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "base/json_escape.h"
#include "metaset/base/utf8.h"

namespace metaset {
namespace {

// What becomes of a byte: 0 it stays, 'u' it is written as \u00xx or belongs to a character above
// ASCII, any other letter it is written as a backslash and that letter.
constexpr std::array<char, 256> escape_table() {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  for (std::size_t i = 0x80; i < 256; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 256> kEscapes = escape_table();

char escape_of(char c) { return kEscapes[static_cast<unsigned char>(c)]; }

// True if none of eight bytes needs an escape. May be wrong only in saying no: a borrow can mark
// the byte above a match as well.
bool all_plain(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kTops = 0x80 * kOnes;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t marks = word | (word - 0x20 * kOnes) | (quote - kOnes) | (backslash - kOnes);
  return (marks & kTops) == 0;
}

// The length of the longest beginning that stands for itself inside quotes.
std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  while (text.size() - at >= 8 && all_plain(text.data() + at)) at += 8;
  while (at < text.size() && escape_of(text[at]) == 0) ++at;
  return at;
}

void append_unicode_escape(std::uint32_t unit, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::array<char, 6> escape = {'\\',
                                      'u',
                                      kDigits[unit >> 12 & 15],
                                      kDigits[unit >> 8 & 15],
                                      kDigits[unit >> 4 & 15],
                                      kDigits[unit & 15]};
  out.append(escape.data(), escape.size());
}

void append_escaped_character(char32_t value, std::string& out) {
  if (value > 0xffff) {
    append_unicode_escape(0xd800 + ((value - 0x10000) >> 10), out);
    append_unicode_escape(0xdc00 + ((value - 0x10000) & 0x3ff), out);
  } else {
    append_unicode_escape(value, out);
  }
}

// Appends the first character of `text`, which is not plain, and removes it.
void append_special(std::string_view& text, bool ascii, std::string& out) {
  const char escape = escape_of(text[0]);
  if (escape != 'u') {
    out += '\\';
    out += escape;
    text.remove_prefix(1);
    return;
  }
  Utf8Character character = first_utf8_character(text);
  const auto byte = static_cast<unsigned char>(text[0]);
  const bool latin = character.length == 0;
  if (latin) character = {byte, 1};
  if (ascii || byte < 0x20) {
    append_escaped_character(character.value, out);
  } else if (latin) {
    out += static_cast<char>(0xc0 | byte >> 6);
    out += static_cast<char>(0x80 | (byte & 0x3f));
  } else {
    out.append(text.substr(0, character.length));
  }
  text.remove_prefix(character.length);
}

}  // namespace

void append_quoted(std::string_view text, bool ascii, std::string& out) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    append_special(text, ascii, out);
  }
  out += '"';
}

void append_json_string(std::string_view text, std::string& out) { append_quoted(text, true, out); }

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(text, out);
  return out;
}

}  // namespace metaset
