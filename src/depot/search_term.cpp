#include "depot/search_term.h"

#include <algorithm>
#include <array>

#include "metaset/ips/version.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kStepBytes = 1 << 20;  // what a step of a long comparison is worth

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// What is looked up in the index: of a phrase the first word, which may go on if it is not the
// only one.
std::string looked_up(const ips::SearchTerm& term) {
  if (!term.phrase) return term.text;
  const std::size_t blank = term.text.find(' ');
  return blank == std::string::npos ? term.text : term.text.substr(0, blank) + "*";
}

// A part of whatever the pattern matches; only if it is ASCII.
std::string part_to_look_for(const ips::SearchPattern& pattern) {
  if (pattern.literal()) return {};
  std::string_view part = ips::literal_part(pattern.folded());
  while (part.starts_with('/')) part.remove_prefix(1);
  return std::ranges::all_of(part, is_ascii) ? std::string(part) : std::string();
}

// Whether the tokens of a line are parts of it as it is: there is nothing that is not what it looks
// like. Those of paths have a slash before them.
bool has_tokens_as_written(std::string_view line) {
  constexpr std::array<std::string_view, 6> kTypes = {"file",     "dir",    "link",
                                                      "hardlink", "depend", "set"};
  if (std::ranges::find(kTypes, line.substr(0, line.find(' '))) == kTypes.end()) return false;
  std::size_t quotes = 0;
  for (const char c : line) {
    if (c == '\\' || c == '\t' || c == '\n') return false;
    if (c == '"' || c == '\'') ++quotes;
  }
  // Versions in FMRIs can be written in several ways.
  return quotes <= 2 && !(line.starts_with("set") && line.find("fmri") != std::string_view::npos);
}

// Whether a text has the part in any case; true also if it has characters besides ASCII, of which
// that is not so easily told.
bool contains_folded(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos) return true;
  unsigned upper = 0, other = 0;
  for (const char c : text) {
    upper |= static_cast<unsigned char>(c - 'A') < 26 ? 1U : 0U;
    other |= static_cast<unsigned char>(c) >> 7;
  }
  if (other != 0) return true;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return upper != 0 && !std::ranges::search(text, part, {}, lower).empty();
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
  part_ = part_to_look_for(pattern_);
  if (term.phrase) phrase_ = case_sensitive ? term.text : ips::fold_case(term.text);
  if (term.type.empty()) return;
  type_ = ips::type_from_name(term.type);
  possible_ = type_.has_value();
}

bool SearchTermMatcher::may_be_in(std::string_view line) const {
  return part_.empty() || !has_tokens_as_written(line) || contains_folded(line, part_);
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
