#include "ips/glob.h"

#include <cstdint>
#include <optional>

#include "metaset/ips/version.h"

#include "ips/text.h"
#include "ips/version_parts.h"

namespace metaset::ips {
namespace {

// The length in bytes of the character that the text begins with, so that '?' stands for a
// character and not for a part of one. Bytes that are not UTF-8 count as characters.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  if (lead >= 0xf0 && lead < 0xf8) {
    size = 4;
  } else if (lead >= 0xe0) {
    size = lead < 0xf0 ? 3 : 1;
  } else if (lead >= 0xc2) {
    size = 2;
  }
  if (size > text.size()) return 1;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
  }
  return size;
}

std::string_view take_character(std::string_view& text) {
  const std::string_view character = text.substr(0, character_size(text));
  text.remove_prefix(character.size());
  return character;
}

// What is between the brackets of a set at the start of the pattern; nullopt if it is not closed. A
// ']' that comes first belongs to the set.
std::optional<std::string_view> bracket_content(std::string_view pattern) {
  std::size_t from = 1;
  if (from < pattern.size() && pattern[from] == '!') ++from;
  if (from < pattern.size() && pattern[from] == ']') ++from;
  const std::size_t end = pattern.find(']', from);
  if (end == std::string_view::npos) return std::nullopt;
  return pattern.substr(1, end - 1);
}

// UTF-8 orders characters by code point also as bytes.
bool set_contains(std::string_view content, std::string_view character) {
  const bool negated = content.front() == '!';
  if (negated) content.remove_prefix(1);
  bool found = false;
  while (!content.empty()) {
    const std::string_view first = take_character(content);
    if (content.size() >= 2 && content.front() == '-') {
      content.remove_prefix(1);
      const std::string_view last = take_character(content);
      if (first <= character && character <= last) found = true;
    } else if (first == character) {
      found = true;
    }
  }
  return found != negated;
}

// Takes one element other than '*' from the pattern and tells whether it stands for the character.
bool element_matches(std::string_view& pattern, std::string_view character) {
  if (pattern.front() == '[') {
    if (const auto content = bracket_content(pattern)) {
      pattern.remove_prefix(content->size() + 2);
      return set_contains(*content, character);
    }
  }
  const std::string_view element = take_character(pattern);
  return element == "?" || element == character;
}

// Whether a text can begin here within one whose characters are looked at.
bool is_boundary(std::string_view text, std::size_t at) {
  return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
}

// "text", "text*", "*text", "text*text" and "*text*", which most patterns are, by comparing bytes;
// nullopt if that does not tell.
std::optional<bool> matches_simple_glob(std::string_view text, std::string_view pattern) {
  const std::size_t star = pattern.find_first_of("*?[");
  if (star == std::string_view::npos) return text == pattern;
  const std::string_view before = pattern.substr(0, star);
  if (!text.starts_with(before)) return false;
  if (pattern[star] != '*' || !is_boundary(text, star)) return std::nullopt;
  text.remove_prefix(star);
  std::string_view after = pattern.substr(star + 1);
  if (after.empty()) return true;
  if (!is_boundary(after, 0)) return std::nullopt;
  const std::size_t next = after.find_first_of("*?[");
  if (next == std::string_view::npos) return text.ends_with(after);
  if (next + 1 != after.size() || after[next] != '*') return std::nullopt;
  after.remove_suffix(1);
  // In long texts it could take long, and nobody would be asked meanwhile.
  constexpr std::size_t kShort = 4096;
  if (text.size() > kShort) return std::nullopt;
  const std::size_t found = text.find(after);
  if (found == std::string_view::npos) return false;
  if (!is_boundary(text, found + after.size())) return std::nullopt;
  return true;
}

bool part_matches(std::string_view part, const std::optional<std::string_view>& pattern) {
  if (!pattern || *pattern == "*") return true;
  if (pattern->find_first_of("*?[") == std::string_view::npos) {
    return is_leading_subsequence(*pattern, part);
  }
  return !part.empty() && matches_glob(part, *pattern);
}

}  // namespace

bool matches_glob(std::string_view text, std::string_view pattern) {
  return matches_glob(text, pattern, {});
}

bool matches_glob(std::string_view text, std::string_view pattern,
                  const std::function<void()>& step) {
  if (const auto simple = matches_simple_glob(text, pattern)) return *simple;
  constexpr unsigned kRetriesOfStep = 1024;
  unsigned retries = 0;
  // Only the last '*' needs to be tried again: what stands before it has matched as early as it
  // can.
  std::optional<std::string_view> after_star;
  std::string_view retry;
  while (!text.empty()) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      after_star = pattern;
      retry = text;
      continue;
    }
    std::string_view rest = text;
    const std::string_view character = take_character(rest);
    if (!pattern.empty() && element_matches(pattern, character)) {
      text = rest;
      continue;
    }
    if (!after_star) return false;
    if (++retries % kRetriesOfStep == 0 && step) step();
    take_character(retry);
    text = retry;
    pattern = *after_star;
  }
  return pattern.find_first_not_of('*') == std::string_view::npos;
}

bool matches_version_glob(const Version& version, std::string_view pattern) {
  const VersionParts parts = split_version(pattern);
  return part_matches(version.release(), parts.release) &&
         part_matches(version.branch(), parts.branch) &&
         (!parts.timestamp || matches_glob(version.timestamp(), *parts.timestamp));
}

}  // namespace metaset::ips
