#include "depot/search_term.h"

#include "metaset/ips/version.h"

namespace metaset::depot {

namespace {

// What is looked up in the index: of a phrase the first word, which may go on if it is not the
// only one.
std::string looked_up(const ips::SearchTerm& term) {
  if (!term.phrase) return term.text;
  const std::size_t blank = term.text.find(' ');
  return blank == std::string::npos ? term.text : term.text.substr(0, blank) + "*";
}

}  // namespace

SearchTermMatcher::SearchTermMatcher(const ips::SearchTerm& term, bool case_sensitive)
    : pattern_(looked_up(term), case_sensitive),
      key_(term.key),
      package_(ips::fold_case(term.package)),
      case_sensitive_(case_sensitive) {
  if (term.phrase) phrase_ = case_sensitive ? term.text : ips::fold_case(term.text);
  if (term.type.empty()) return;
  type_ = ips::type_from_name(term.type);
  possible_ = type_.has_value();
}

bool SearchTermMatcher::accepts_package(std::string_view folded_package) const {
  return package_.empty() || ips::matches_glob(folded_package, package_);
}

bool SearchTermMatcher::accepts_field(ips::ActionType type, std::string_view key) const {
  return (!type_ || *type_ == type) && (key_.empty() || key_ == key);
}

bool SearchTermMatcher::contains_phrase(std::string_view text) const {
  return case_sensitive_ ? text.find(phrase_) != std::string_view::npos
                         : ips::fold_case(text).find(phrase_) != std::string::npos;
}

bool SearchTermMatcher::accepts_line(std::string_view line) const {
  return phrase_.empty() || contains_phrase(line);
}

void SearchTermMatcher::find(std::string_view line, const ips::Action& action,
                             std::vector<SearchMatch>& matches) const {
  if (!accepts_line(line)) return;
  ips::for_each_search_tuple(action, [&](const ips::SearchTuple& tuple) {
    if (!accepts_field(tuple.type, tuple.key) || !pattern_.matches(tuple.token)) return;
    SearchMatch match{std::string(tuple.token), std::string(tuple.shown()), tuple.type,
                      std::string(tuple.key)};
    if (!phrase_.empty() && tuple.type == ips::ActionType::kSet && !contains_phrase(match.shown)) {
      match.shown = phrase_;
    }
    matches.push_back(std::move(match));
  });
}

bool SearchTermMatcher::accepts(std::string_view line, const ips::Action& action,
                                ips::ActionType type, std::string_view key) const {
  if (!possible_ || !accepts_field(type, key) || !accepts_line(line)) return false;
  bool found = false;
  ips::for_each_search_tuple(action, [&](const ips::SearchTuple& tuple) {
    if (!found) found = pattern_.matches(tuple.token);
  });
  return found;
}

}  // namespace metaset::depot
