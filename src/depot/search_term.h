// A leaf of a query, ready to be compared with actions. Private to the operations. Thread-safe when
// const.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/ips/search_pattern.h"
#include "metaset/ips/search_query.h"
#include "metaset/ips/search_tokens.h"

namespace metaset::depot {

// A tuple of an action, as values. Many tuples of an action share the long ones.
using SharedText = std::shared_ptr<const std::string>;
struct SearchMatch {
  std::string token;
  SharedText shown;
  ips::ActionType type = ips::ActionType::kUnknown;
  SharedText key;
};
using MatchSink = std::function<bool(SearchMatch&& match)>;  // false: enough

// Told of texts that are gone through, in bytes; may throw to end a search.
using SearchWork = std::function<void(std::size_t bytes)>;

class SearchTermMatcher {
 public:
  SearchTermMatcher(const ips::SearchTerm& term, bool case_sensitive);

  // False: nothing can match, since there is no such action type.
  bool possible() const { return possible_; }
  const ips::SearchPattern& pattern() const { return pattern_; }  // of a phrase: its first word
  std::optional<ips::ActionType> type() const { return type_; }
  const std::string& key() const { return key_; }
  // Folded; empty: any package.
  const std::string& package() const { return package_; }

  // `package`: "name@version", folded.
  bool accepts_package(std::string_view folded_package) const;
  // False: nothing in the line can match. Quick.
  bool may_be_in(std::string_view line) const;
  // The tuples that match: token, type and key. Nothing if the line lacks the phrase.
  void find(std::string_view line, const ips::Action& action, const SearchWork& work,
            const MatchSink& sink) const;
  // Whether the action that another term found under a type and key matches this one too.
  bool accepts(std::string_view line, const ips::Action& action, ips::ActionType type,
               std::string_view key, const SearchWork& work) const;

 private:
  bool accepts_field(ips::ActionType type, std::string_view key) const;
  bool accepts_line(std::string_view line) const;
  bool contains_phrase(std::string_view text) const;

  ips::SearchPattern pattern_;
  std::string part_;    // of every path that matches, folded, without a slash at its beginning
  std::string phrase_;  // folded unless case matters; empty: no phrase
  std::optional<ips::ActionType> type_;
  std::string key_, package_;
  bool possible_ = true, case_sensitive_ = false;
};

}  // namespace metaset::depot
