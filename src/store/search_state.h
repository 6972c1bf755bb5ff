// What the parts of SearchIndex share. Private to the store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "metaset/store/search_index.h"

#include "store/search_page.h"

namespace metaset::store {

inline constexpr std::size_t kStepsBetween = 256;  // of long loops, from one check to the next

struct SearchIndex::State {
  State(const View& the_view, std::function<void()> the_check, SearchPageCache* the_pages,
        std::size_t the_most_places)
      : view(the_view),
        check(std::move(the_check)),
        pages(the_pages),
        most_places(the_most_places),
        lines(view.txn(), view.env().table(kSearchLines)) {}
  // Long loops call it for each step.
  void step(unsigned count = 1) {
    steps += count;
    if (steps < kStepsBetween) return;
    steps = 0;
    if (check) check();
  }
  lmdb::Table tokens() const { return view.env().table(kSearchTokens); }

  View view;
  std::function<void()> check;
  SearchPageCache* pages;  // or none
  std::size_t steps = 0;
  std::size_t most_places;
  std::unordered_map<ChainId, SearchChain> chains;
  // Where seek() is.
  lmdb::Cursor lines;
  std::shared_ptr<const SearchPage> page;
  ChainId page_chain = 0;
  LineId page_first = 0;
  const SearchLine* line = nullptr;
};

// Lines of all rows of the tokens that a pattern matches (search_candidates.cpp); nullopt also if
// more rows than that were looked at, or places found.
std::optional<LinePlaces> find_candidates(SearchIndex::State& state,
                                          const ips::SearchPattern& pattern,
                                          std::optional<ips::ActionType> type, std::string_view key,
                                          std::size_t most_rows = ~std::size_t{0});

std::optional<ChainPlaces> find_chain_candidates(SearchIndex::State& state,
                                                 const ips::SearchPattern& pattern,
                                                 std::optional<ips::ActionType> type,
                                                 std::string_view key, std::size_t most_rows);

}  // namespace metaset::store
