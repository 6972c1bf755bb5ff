#include "depot/search_lines.h"

#include <algorithm>

#include "metaset/base/error.h"

namespace metaset::depot {

namespace {

// With no more lines in the packages that are asked for, looking at all of them is faster than
// looking the word up in all packages.
constexpr std::uint64_t kFewLines = 20'000;
// So many places are looked at in less time than it takes to look a word up that many lines have.
constexpr std::size_t kFewPlaces = 5000;
constexpr std::size_t kSpentOnLine = 15;  // that is looked at closely, as against others

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

std::vector<SearchLines::Chain> SearchLines::all_chains() {
  std::vector<Chain> all;
  index_.for_each_chain(publisher_, [&](store::ChainId id, std::string_view, store::LineId count) {
    all.push_back({id, count});
    return true;
  });
  return all;
}

bool SearchLines::visit_place(store::LinePlace place, const Visitor& visit) {
  if (!index_.seek(place)) return true;
  if (skipping_ != nullptr) {
    ++spent_;
    if (!skipping_->may_be_in(index_.line())) return true;
    spent_ += kSpentOnLine;
  }
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

bool SearchLines::visit_chain(const Chain& chain, const SearchTermMatcher& term,
                              const store::LinePlaces* within, const Visitor& visit) {
  enter(chain.id, term);
  for (store::LineId line = 0; line < chain.lines && !documents_.empty(); ++line) {
    const store::LinePlace place = store::place_of(chain.id, line);
    if (within != nullptr && !std::ranges::binary_search(*within, place)) continue;
    if (!visit_place(place, visit)) return false;
    if (only_ && exhausted()) return true;
  }
  return true;
}

bool SearchLines::visit_chains(const std::vector<Chain>& chains, const SearchTermMatcher& term,
                               const store::LinePlaces* within, const Visitor& visit) {
  return std::ranges::all_of(
      chains, [&](const Chain& chain) { return visit_chain(chain, term, within, visit); });
}

bool SearchLines::visit_places(const store::LinePlaces& places, const SearchTermMatcher& term,
                               const Visitor& visit) {
  chain_ = 0;
  return std::ranges::all_of(places, [&](store::LinePlace place) {
    if (store::chain_of(place) != chain_) enter(store::chain_of(place), term);
    return documents_.empty() || visit_place(place, visit);
  });
}

bool SearchLines::visit_only(const SearchTermMatcher& term, const Visitor& visit) {
  if (only_places_ == nullptr) {
    skipping_ = &term;
    const bool more = visit_chain(*only_, term, nullptr, visit);
    skipping_ = nullptr;
    return more;
  }
  enter(only_->id, term);
  auto place = std::ranges::lower_bound(*only_places_, store::place_of(only_->id, 0));
  for (; place != only_places_->end() && store::chain_of(*place) == only_->id; ++place) {
    if (documents_.empty()) return true;
    if (!visit_place(*place, visit)) return false;
  }
  return true;
}

// Of whole packages; `visited`: how many.
bool SearchLines::visit_first(const std::vector<Chain>& chains, const SearchTermMatcher& term,
                              const Visitor& visit, std::size_t& visited) {
  skipping_ = &term;
  bool more = true;
  while (more && !exhausted() && visited < chains.size() &&
         chains[visited].lines <= patience_.lines - spent_) {
    more = visit_chain(chains[visited++], term, nullptr, visit);
  }
  skipping_ = nullptr;
  return more;
}

bool SearchLines::for_each(const SearchTermMatcher& term, const LazyPlaces& within,
                           const Visitor& visit) {
  if (!term.possible()) return true;
  if (only_) return visit_only(term, visit);
  if (const auto chains = few_chains(term)) return visit_chains(*chains, term, within.get(), visit);
  auto places = index_.quick_candidates(term.pattern(), term.type(), term.key(), patience_.rows);
  std::vector<Chain> chains;
  std::size_t visited = 0;
  if (!places && prefers_first_ && !term.pattern().matches_all()) {
    chains = all_chains();
    std::ranges::sort(chains, {}, &Chain::id);
    if (!visit_first(chains, term, visit, visited)) return false;
    chains.erase(chains.begin(), chains.begin() + static_cast<std::ptrdiff_t>(visited));
    if (chains.empty()) return true;
  }
  const store::LinePlaces* const both = places && places->empty() ? nullptr : within.get();
  if (!places && (both == nullptr || both->size() > kFewPlaces)) {
    places = index_.candidates(term.pattern(), term.type(), term.key());
  }
  if (!places && both == nullptr) {
    return visit_chains(visited > 0 ? chains : all_chains(), term, nullptr, visit);
  }
  if (!places) {
    places = *both;
  } else if (both != nullptr) {
    places = store::in_both(*places, *both);
  }
  if (visited > 0) {
    const auto rest = std::ranges::lower_bound(*places, store::place_of(chains.front().id, 0));
    places->erase(places->begin(), rest);
  }
  return visit_places(*places, term, visit);
}

}  // namespace metaset::depot
