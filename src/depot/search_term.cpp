#include "depot/search_term.h"

#include "metaset/ips/version.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kStepBytes = 1 << 20;  // what a step of a long comparison is worth

// What is looked up in the index: of a phrase the first word, which may go on if it is not the
// only one.
std::string looked_up(const ips::SearchTerm& term) {
  if (!term.phrase) return term.text;
  const std::size_t blank = term.text.find(' ');
  return blank == std::string::npos ? term.text : term.text.substr(0, blank) + "*";
}

// A text that is mostly the same as the one before, which is kept only once then.
class LatestText {
 public:
  // False: it is the same.
  bool take(std::string_view text) {
    if (text_ && *text_ == text) return false;
    text_ = std::make_shared<const std::string>(text);
    return true;
  }
  const SharedText& text() const { return text_; }

 private:
  SharedText text_;
};

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
                             const SearchWork& work, const MatchSink& sink) const {
  work(line.size());
  if (!accepts_line(line)) return;
  const auto step = [&work] { work(kStepBytes); };
  LatestText key, value, shown;
  bool more = true;
  ips::for_each_search_tuple(action, [&](const ips::SearchTuple& tuple) {
    if (!more || !accepts_field(tuple.type, tuple.key)) return;
    work(tuple.token.size());
    if (!pattern_.matches(tuple.token, step)) return;
    key.take(tuple.key);
    if (value.take(tuple.shown())) {
      const bool replaced = !phrase_.empty() && tuple.type == ips::ActionType::kSet &&
                            !contains_phrase(tuple.shown());
      shown.take(replaced ? std::string_view(phrase_) : tuple.shown());
    }
    work(tuple.key.size() + tuple.shown().size());
    more = sink({std::string(tuple.token), shown.text(), tuple.type, key.text()});
  });
}

bool SearchTermMatcher::accepts(std::string_view line, const ips::Action& action,
                                ips::ActionType type, std::string_view key,
                                const SearchWork& work) const {
  if (!possible_ || !accepts_field(type, key)) return false;
  work(line.size());
  if (!accepts_line(line)) return false;
  const auto step = [&work] { work(kStepBytes); };
  bool found = false;
  ips::for_each_search_tuple(action, [&](const ips::SearchTuple& tuple) {
    if (found) return;
    work(tuple.token.size());
    found = pattern_.matches(tuple.token, step);
  });
  return found;
}

}  // namespace metaset::depot
