// What the parts of SearchIndex share. Private to the store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "metaset/store/search_index.h"

#include "store/search_page.h"

namespace metaset::store {

struct SearchIndex::State {
  State(const View& the_view, std::function<void()> the_check)
      : view(the_view),
        check(std::move(the_check)),
        lines(view.txn(), view.env().table(kSearchLines)) {}
  // Long loops call it for each step.
  void step() {
    constexpr unsigned kStepsBetween = 256;
    if (++steps % kStepsBetween == 0 && check) check();
  }
  lmdb::Table tokens() const { return view.env().table(kSearchTokens); }

  View view;
  std::function<void()> check;
  unsigned steps = 0;
  std::unordered_map<ChainId, SearchChain> chains;
  // Where seek() is.
  lmdb::Cursor lines;
  std::unique_ptr<SearchPage> page;
  ChainId page_chain = 0;
  LineId page_first = 0;
  const SearchLine* line = nullptr;
};

// Lines of all rows of the tokens that a pattern matches (search_candidates.cpp).
std::optional<LinePlaces> find_candidates(SearchIndex::State& state,
                                          const ips::SearchPattern& pattern,
                                          std::optional<ips::ActionType> type,
                                          std::string_view key);

}  // namespace metaset::store
