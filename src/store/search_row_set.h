// Rows of `search-tokens` that a pattern leads to, by chain; their postings are read when somebody
// asks for those of a chain. Private to the store. Thread-safety: one thread. Errors: kCorrupt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/action.h"
#include "metaset/store/search_index.h"

#include "store/search_keys.h"

namespace metaset::store {

// Which tuples are wanted; empty, nullopt: any.
struct WantedField {
  std::optional<ips::ActionType> type;
  std::string key;
  bool accepts(const Postings& posting, Shelf shelf) const;
};

class SearchRowSet {
 public:
  // The value lives as long as the transaction.
  void add(ChainId chain, Shelf shelf, std::string_view value) {
    rows_.push_back({chain, shelf, value});
  }
  std::size_t size() const { return rows_.size(); }
  // With places that were found besides, sorted.
  ChainPlaces take(WantedField field, LinePlaces&& places) &&;

 private:
  struct Row {
    ChainId chain = 0;
    Shelf shelf = Shelf::kWord;
    std::string_view value;
  };
  struct ByChain;
  std::vector<Row> rows_;
};

}  // namespace metaset::store
