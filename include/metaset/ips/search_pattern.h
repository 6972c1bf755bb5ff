// What a word of a query stands for, and how tokens are compared with it (protocol/search.md
// section 2.3).
//
//   pattern = *( "*" | "?" | "[" [ "!" ] set "]" | any other character )    ; over the whole token
//
// A "[" without "]" is itself, a backslash is no escape. What has "*" and at most one "?" and
// nothing else stands for every token. Case is that of Unicode, one character for one. Pure values;
// thread-safe when const. Errors: none.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace metaset::ips {

// Lower case (of sigma: the one form), bytes that are not UTF-8 unchanged. Searches compare folded
// texts, and the search index is ordered by them.
std::string fold_case(std::string_view text);

// With '?' in the place of sets: what the pattern matches is matched by this, too. A '[' that is
// left is no set.
std::string without_sets(std::string_view pattern);

// What every text that matches a shell pattern begins with; points into it.
std::string_view literal_prefix(std::string_view pattern);
// The longest text that is somewhere in each of them; empty if there is none. Points into it.
std::string_view literal_part(std::string_view pattern);

class SearchPattern {
 public:
  SearchPattern(std::string_view text, bool case_sensitive);

  // `step` is called now and then if the token is long; it may throw.
  bool matches(std::string_view token, const std::function<void()>& step = {}) const;

  const std::string& text() const { return text_; }
  // The pattern that folded tokens are compared with, always as a shell pattern unless literal().
  const std::string& folded() const { return folded_; }
  // It stands for one token (but for case): folded() is that token folded.
  bool literal() const { return literal_; }
  // Every token matches, which are never empty: the pattern has a '*', perhaps one '?', and nothing
  // else. Then folded() is "*".
  bool matches_all() const { return matches_all_; }
  bool case_sensitive() const { return case_sensitive_; }

 private:
  std::string text_, folded_;
  bool case_sensitive_ = false, literal_ = false, matches_all_ = false;
};

}  // namespace metaset::ips
