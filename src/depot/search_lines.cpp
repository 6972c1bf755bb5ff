#include "depot/search_lines.h"

#include <algorithm>

#include "metaset/base/error.h"

namespace metaset::depot {

namespace {

// With no more lines in the packages that are asked for, looking at all of them is faster than
// looking the word up in all packages.
constexpr std::uint64_t kFewLines = 20'000;

// Whether the name of a package, with a version after it, can match a pattern.
bool name_may_match(std::string_view folded_name, std::string_view pattern) {
  const std::string_view prefix = ips::literal_prefix(pattern);
  const std::size_t shorter = std::min(prefix.size(), folded_name.size());
  return prefix.substr(0, shorter) == folded_name.substr(0, shorter);
}

}  // namespace

void SearchLines::enter(store::ChainId id, const SearchTermMatcher& term) {
  chain_ = id;
  documents_.clear();
  const store::SearchChain& chain = index_.chain(id);
  if (chain.publisher != publisher_) return;
  name_ = chain.name;
  if (!name_may_match(ips::fold_case(name_), term.package())) return;
  for (store::SearchDocument& document : index_.documents(id)) {
    std::string folded = ips::fold_case(name_ + "@" + document.version);
    if (!term.accepts_package(folded)) continue;
    documents_.push_back({document.ordinal, std::move(document.version), std::move(folded)});
  }
}

// The packages that the term asks for, if they are few.
std::optional<std::vector<SearchLines::Chain>> SearchLines::few_chains(
    const SearchTermMatcher& term) {
  if (ips::literal_prefix(term.package()).empty()) return std::nullopt;
  std::vector<Chain> chains;
  std::uint64_t lines = 0;
  index_.for_each_chain(publisher_,
                        [&](store::ChainId id, std::string_view name, store::LineId count) {
                          if (!name_may_match(ips::fold_case(name), term.package())) return true;
                          chains.push_back({id, count});
                          lines += count;
                          return lines <= kFewLines;
                        });
  if (lines > kFewLines) return std::nullopt;
  std::ranges::sort(chains, {}, &Chain::id);
  return chains;
}

bool SearchLines::visit_place(store::LinePlace place, const Visitor& visit) {
  if (!index_.seek(place)) return true;
  having_.clear();
  for (const FoundDocument& document : documents_) {
    if (index_.line_is_of(document.ordinal)) having_.push_back(&document);
  }
  if (having_.empty()) return true;
  std::optional<ips::Action> action;
  try {
    action = ips::Action::parse(index_.line());
  } catch (const Error&) {
    return true;  // it has no tokens
  }
  leaving_ = false;
  const bool more = visit({name_, index_.line(), *action, having_});
  if (leaving_) {
    std::erase_if(documents_, [this](const FoundDocument& document) {
      return std::ranges::find(having_, &document) != having_.end();
    });
  }
  return more;
}

bool SearchLines::visit_chains(const std::vector<Chain>& chains, const SearchTermMatcher& term,
                               const store::LinePlaces* within, const Visitor& visit) {
  for (const Chain& chain : chains) {
    enter(chain.id, term);
    if (documents_.empty()) continue;
    for (store::LineId line = 0; line < chain.lines && !documents_.empty(); ++line) {
      const store::LinePlace place = store::place_of(chain.id, line);
      if (within != nullptr && !std::ranges::binary_search(*within, place)) continue;
      if (!visit_place(place, visit)) return false;
    }
  }
  return true;
}

bool SearchLines::for_each(const SearchTermMatcher& term, const store::LinePlaces* within,
                           const Visitor& visit) {
  if (!term.possible()) return true;
  if (const auto chains = few_chains(term)) return visit_chains(*chains, term, within, visit);
  auto places = index_.candidates(term.pattern(), term.type(), term.key());
  if (!places && within == nullptr) {
    std::vector<Chain> all;
    index_.for_each_chain(publisher_,
                          [&](store::ChainId id, std::string_view, store::LineId count) {
                            all.push_back({id, count});
                            return true;
                          });
    return visit_chains(all, term, nullptr, visit);
  }
  if (!places) {
    places = *within;
  } else if (within != nullptr) {
    places = store::in_both(*places, *within);
  }
  chain_ = 0;
  for (const store::LinePlace place : *places) {
    if (store::chain_of(place) != chain_) enter(store::chain_of(place), term);
    if (!documents_.empty() && !visit_place(place, visit)) return false;
  }
  return true;
}

}  // namespace metaset::depot
