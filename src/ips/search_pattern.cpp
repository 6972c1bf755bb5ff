#include "metaset/ips/search_pattern.h"

#include <algorithm>

#include <utf8proc.h>

#include "metaset/base/utf8.h"
#include "metaset/ips/version.h"

#include "ips/glob.h"

namespace metaset::ips {
namespace {

constexpr char32_t kFinalSigma = 0x3c2;
constexpr char32_t kSigma = 0x3c3;

void append_utf8(char32_t character, std::string& out) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t size =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(character), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

char32_t lower(char32_t character) {
  // The same letter, written so at the end of words; its upper case becomes the other one.
  if (character == kFinalSigma) return kSigma;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(character)));
}

void append_lower_ascii(std::string_view text, std::string& out) {
  for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Where the set ends that begins with the "[" at `at`, npos if it is not closed: see matches_glob.
std::size_t end_of_set(std::string_view pattern, std::size_t at) {
  std::size_t from = at + 1;
  if (from < pattern.size() && pattern[from] == '!') ++from;
  if (from < pattern.size() && pattern[from] == ']') ++from;
  return pattern.find(']', from);
}

bool has_set(std::string_view pattern) {
  const std::size_t open = pattern.find('[');
  return open != std::string_view::npos && end_of_set(pattern, open) != std::string_view::npos;
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t ascii = ascii_prefix(text);
    append_lower_ascii(text.substr(0, ascii), out);
    text.remove_prefix(ascii);
    if (text.empty()) return out;
    const Utf8Character character = first_utf8_character(text);
    if (character.length == 0) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      append_utf8(lower(character.value), out);
      text.remove_prefix(character.length);
    }
  }
}

std::string_view literal_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*?["));
}

std::string without_sets(std::string_view pattern) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const std::size_t end = pattern[at] == '[' ? end_of_set(pattern, at) : std::string_view::npos;
    out += end == std::string_view::npos ? pattern[at] : '?';
    if (end != std::string_view::npos) at = end;
  }
  return out;
}

std::string_view literal_part(std::string_view pattern) {
  // What is after a '[' may be in its set.
  pattern = pattern.substr(0, pattern.find('['));
  std::string_view longest;
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find_first_of("*?"), pattern.size());
    if (end > longest.size()) longest = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return longest;
}

SearchPattern::SearchPattern(std::string_view text, bool case_sensitive)
    : text_(text), folded_(fold_case(text)), case_sensitive_(case_sensitive) {
  literal_ = text.find_first_of("*?") == std::string_view::npos && !has_set(text);
  matches_all_ = text.find('*') != std::string_view::npos &&
                 text.find_first_not_of("*?") == std::string_view::npos &&
                 std::count(text.begin(), text.end(), '?') <= 1;
  if (matches_all_) {
    folded_.assign(1, '*');
  } else if (case_sensitive && !literal_) {
    // A folded character tells not what a set contains.
    folded_ = without_sets(folded_);
  }
}

bool SearchPattern::matches(std::string_view token, const std::function<void()>& step) const {
  if (matches_all_) return !token.empty();
  if (!case_sensitive_) {
    const std::string folded = fold_case(token);
    return literal_ ? folded == folded_ : matches_glob(folded, folded_, step);
  }
  return literal_ ? token == text_ : matches_glob(token, text_, step);
}

}  // namespace metaset::ips
