#include "store/search_glob.h"

#include <algorithm>

#include "metaset/ips/search_pattern.h"

namespace metaset::store {

namespace {

constexpr std::string_view kWildcards = "*?[";

// Whether the pattern has a '[' that may stand for a '/', or have a wildcard in its set.
bool has_difficult_set(std::string_view pattern) {
  for (std::size_t open = pattern.find('['); open != std::string_view::npos;
       open = pattern.find('[', open + 1)) {
    const std::size_t close = pattern.find(']', open);
    if (close == std::string_view::npos || close == open + 1) return true;
    const std::string_view set = pattern.substr(open + 1, close - open - 1);
    if (set.find_first_of("!-/*?[") != std::string_view::npos) return true;
  }
  return false;
}

// Of a text without '*': it has one '?', which is its last character.
bool has_one_question_at_end(std::string_view text) {
  return !text.empty() && text.find('?') == text.size() - 1;
}

// What a name has to be like if its end is matched by `end`, which has no '*' and no '/'. A '?' may
// stand for the '/' before the name, but not if nothing comes after it, unless the name is empty.
std::string name_end(std::string_view end, std::string_view before, std::string_view after) {
  const std::size_t question = end.rfind('?');
  if (question == std::string_view::npos || has_one_question_at_end(end)) {
    return std::string(before).append(end).append(after);
  }
  return "*" + std::string(end.substr(question + 1)).append(after);
}

}  // namespace

std::string literal_suffix(std::string_view pattern) {
  // What is after a '[' may be in its set.
  if (pattern.find('[') != std::string_view::npos) return {};
  const std::size_t last = pattern.find_last_of("*?");
  return std::string(last == std::string_view::npos ? pattern : pattern.substr(last + 1));
}

std::optional<std::size_t> fixed_length(std::string_view pattern) {
  const std::string plain = ips::without_sets(pattern);
  if (plain.find('*') != std::string::npos) return std::nullopt;
  return count_characters(plain);
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool may_match_only(std::string_view pattern, std::string_view allowed) {
  pattern = pattern.substr(0, pattern.find('['));
  return std::ranges::all_of(pattern, [&](char c) {
    return c == '*' || c == '?' || allowed.find(c) != std::string_view::npos;
  });
}

namespace {

// What the directory has to be like if the end of `head` matches in the name. `part` is what `head`
// has after its last '*'.
std::string directory_above(std::string_view head, std::string_view part, std::string_view after) {
  const std::size_t slash = head.rfind('/');
  const std::string_view end = head.substr(slash + 1);
  // Of paths with "//" only the directory decides if such a '?' stands for a '/'.
  const bool name_is_end = end.find('?') == std::string_view::npos || (end == "?" && after == "*");
  if (part.find('/') != std::string_view::npos && name_is_end) {
    return std::string(head.substr(0, slash));
  }
  const std::string_view prefix = ips::literal_prefix(head);
  return std::string(prefix.substr(0, std::min(prefix.rfind('/'), prefix.size()))) + "*";
}

PathPattern path_pattern_without_difficult_sets(std::string_view pattern) {
  PathPattern result;
  if (pattern.empty()) return result;
  const char first = pattern.front();
  result.possible = first == '/' || kWildcards.find(first) != std::string_view::npos;
  if (!result.possible) return result;
  std::string_view head = pattern;
  std::string_view after;
  if (pattern.back() == '*') {
    result.directory = std::string(pattern);
    while (!head.empty() && head.back() == '*') head.remove_suffix(1);
    after = "*";
  }
  // The last part of the pattern that has no '*' stands at the end of the path. Before a '*' it may
  // also stand in the directory, which decides then, or its end in the name.
  const std::size_t star = head.rfind('*');
  const std::string_view part = star == std::string_view::npos ? head : head.substr(star + 1);
  const std::size_t slash = part.rfind('/');
  // A '/' is not in a name.
  if (!after.empty() && head.ends_with('/')) return result;
  result.above = directory_above(head, part, after);
  const bool names_begin = slash != std::string_view::npos;
  const std::string_view end = names_begin ? part.substr(slash + 1) : part;
  const bool anything_before = !names_begin && star != std::string_view::npos;
  result.name = name_end(end, anything_before ? "*" : "", after);
  result.name_may_be_empty = after.empty() && has_one_question_at_end(end);
  return result;
}

}  // namespace

PathPattern path_pattern(std::string_view pattern) {
  return path_pattern_without_difficult_sets(has_difficult_set(pattern) ? ips::without_sets(pattern)
                                                                        : std::string(pattern));
}

}  // namespace metaset::store
