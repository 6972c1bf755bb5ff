#include "store/search_row_set.h"

#include <algorithm>
#include <memory>

namespace metaset::store {

bool WantedField::accepts(const Postings& posting, Shelf shelf) const {
  if (shelf == Shelf::kWord) return posting.word().is_of(type, key);
  return shelf != Shelf::kName || !type || posting.name().type == static_cast<std::uint8_t>(*type);
}

struct SearchRowSet::ByChain {
  WantedField field;
  std::vector<Row> rows;
  LinePlaces places;

  LinePlaces of(ChainId chain) const {
    const auto begin = std::ranges::lower_bound(places, place_of(chain, 0));
    LinePlaces found(begin, std::ranges::upper_bound(places, place_of(chain, ~LineId{0})));
    for (const Row& row : std::ranges::equal_range(rows, chain, {}, &Row::chain)) {
      Postings postings(row.shelf, row.value);
      while (postings.next()) {
        if (field.accepts(postings, row.shelf)) found.push_back(place_of(chain, postings.line()));
      }
    }
    std::ranges::sort(found);
    const auto [again, end] = std::ranges::unique(found);
    found.erase(again, end);
    return found;
  }
};

ChainPlaces SearchRowSet::take(WantedField field, LinePlaces&& places) && {
  std::ranges::sort(rows_, {}, &Row::chain);
  ChainPlaces result;
  for (const Row& row : rows_) {
    if (result.chains.empty() || result.chains.back() != row.chain) {
      result.chains.push_back(row.chain);
    }
  }
  if (!places.empty()) {
    for (const LinePlace place : places) result.chains.push_back(chain_of(place));
    std::ranges::sort(result.chains);
    const auto [again, end] = std::ranges::unique(result.chains);
    result.chains.erase(again, end);
  }
  const auto by_chain = std::make_shared<const ByChain>(
      ByChain{std::move(field), std::move(rows_), std::move(places)});
  result.places = [by_chain](ChainId chain) { return by_chain->of(chain); };
  return result;
}

}  // namespace metaset::store
