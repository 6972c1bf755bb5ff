// The lines that a term may be found in, one after the other, with the visible documents that have
// them. Private to the operations. Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metaset/depot/search.h"
#include "metaset/ips/action.h"
#include "metaset/store/search_index.h"

#include "depot/search_term.h"

namespace metaset::depot {

// A version that is visible, of the package that is looked at.
struct FoundDocument {
  std::uint32_t ordinal = 0;
  std::string version;
  std::string folded;  // name@version
};

struct FoundLine {
  std::string_view name;  // of the package
  std::string_view text;
  const ips::Action& action;
  // Those that have the line and are accepted by the term.
  const std::vector<const FoundDocument*>& documents;
};

// Lines that are looked at, found out when that is needed first; none: all.
class LazyPlaces {
 public:
  using Find = std::function<std::shared_ptr<const store::LinePlaces>()>;
  LazyPlaces() = default;
  explicit LazyPlaces(Find find) : state_(std::make_shared<State>(State{std::move(find), {}})) {}
  const store::LinePlaces* get() const {
    if (!state_) return nullptr;
    if (state_->find) state_->places = std::exchange(state_->find, nullptr)();
    return state_->places.get();
  }

 private:
  struct State {
    Find find;
    std::shared_ptr<const store::LinePlaces> places;
  };
  std::shared_ptr<State> state_;
};

// Looking words up in the index takes longer the more lines have them, and is of no use then: there
// are enough results in the first packages that come along. So first it is looked whether they
// are few, then, if only the first results may be wanted, through so many lines as they come.
class SearchLines {
 public:
  struct Chain {
    store::ChainId id = 0;
    store::LineId lines = 0;
  };

  SearchLines(store::SearchIndex& index, store::PublisherId publisher,
              const SearchPatience& patience)
      : index_(index), publisher_(publisher), patience_(patience) {}
  // Only the first results may be wanted.
  void prefer_first() { prefers_first_ = true; }
  // From now on only lines of this package: these, or all, without looking words up.
  void restrict_to(const Chain& chain, const store::LinePlaces* places = nullptr) {
    only_ = chain;
    only_places_ = places;
  }
  void restrict_no_more() { only_.reset(); }
  bool restricted() const { return only_.has_value(); }
  // Whether more lines were looked at without looking words up than that is good for.
  bool exhausted() const { return spent_ > patience_.lines; }

  // False: stop. The line dies with the call.
  using Visitor = std::function<bool(const FoundLine& line)>;
  // `within`: only these lines, at least.
  bool for_each(const SearchTermMatcher& term, const LazyPlaces& within, const Visitor& visit);
  // To be called by the visitor: the documents that have the line need not be looked at again.
  void leave_documents() { leaving_ = true; }

 private:
  void enter(store::ChainId id, const SearchTermMatcher& term);
  std::optional<std::vector<Chain>> few_chains(const SearchTermMatcher& term);
  std::vector<Chain> all_chains();
  bool visit_place(store::LinePlace place, const Visitor& visit);
  bool visit_chain(const Chain& chain, const SearchTermMatcher& term,
                   const store::LinePlaces* within, const Visitor& visit);
  bool visit_chains(const std::vector<Chain>& chains, const SearchTermMatcher& term,
                    const store::LinePlaces* within, const Visitor& visit);
  bool visit_places(const store::LinePlaces& places, const SearchTermMatcher& term,
                    const Visitor& visit);
  bool visit_only(const SearchTermMatcher& term, const Visitor& visit);
  bool visit_first(const std::vector<Chain>& chains, const SearchTermMatcher& term,
                   const Visitor& visit, std::size_t& visited);

  store::SearchIndex& index_;
  store::PublisherId publisher_;
  SearchPatience patience_;
  bool prefers_first_ = false;
  std::optional<Chain> only_;
  const store::LinePlaces* only_places_ = nullptr;
  std::size_t spent_ = 0;
  const SearchTermMatcher* skipping_ = nullptr;  // lines in which it cannot be found
  // Of the package that is looked at.
  store::ChainId chain_ = 0;
  std::string name_;
  std::vector<FoundDocument> documents_;
  std::vector<const FoundDocument*> having_;  // the line
  bool leaving_ = false;                      // those
};

}  // namespace metaset::depot
