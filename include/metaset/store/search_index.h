// The search index as readers see it: which actions a word may be found in, and their texts.
//
// A *line* is an action of a manifest as it stands there. Lines are kept once per *chain*, which is
// a package name of a publisher; the versions of a name are its *documents*, numbered in the order
// in which they came. A line knows of which documents it is: runs of numbers, so that a new version
// costs what differs from the one before. Tokens lead to lines. That a document is visible in a
// metaset is told by its package rows, so the index is that of all metasets at once.
//
// What candidates() gives is more than what matches: who asks compares the tokens of each line
// (ips/search_tokens.h). It is never less.
// Lifetime: a SearchIndex refers to the View and its transaction. Texts that it gives die with the
// next call that gives one. Thread-safety: one thread. Errors: kCorrupt; kUnavailable if there is
// no index (is_built); what the caller's check throws.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/action.h"
#include "metaset/ips/search_pattern.h"
#include "metaset/store/search_pages.h"
#include "metaset/store/view.h"

namespace metaset::store {

using ChainId = std::uint32_t;
using LineId = std::uint32_t;  // within its chain

// Where a line is: chain << 32 | line. Sets of them are sorted and have no duplicates.
using LinePlace = std::uint64_t;
constexpr ChainId chain_of(LinePlace place) { return static_cast<ChainId>(place >> 32); }
constexpr LineId line_of(LinePlace place) { return static_cast<LineId>(place); }
constexpr LinePlace place_of(ChainId chain, LineId line) { return LinePlace{chain} << 32 | line; }
using LinePlaces = std::vector<LinePlace>;
LinePlaces in_both(const LinePlaces& a, const LinePlaces& b);

// The same by chain: of most of them nobody asks which lines it has.
struct ChainPlaces {
  std::vector<ChainId> chains;                // sorted
  std::function<LinePlaces(ChainId)> places;  // of one of them; lives as long as the transaction
};

struct SearchChain {
  PublisherId publisher = 0;
  std::string name;  // of the package
};

// A version that is visible in the view.
struct SearchDocument {
  std::uint32_t ordinal = 0;
  std::string version;
};

// So many candidates are kept in memory.
inline constexpr std::size_t kMostPlaces = 2'000'000;

class SearchIndex {
 public:
  // Whether the view's metaset can be searched. It cannot if there is no index, if the index does
  // not know the metaset because an older program has made it, and by a reader whose environment
  // was opened before there were tables for an index.
  static bool is_built(const View& view);
  // `check` is called now and then in long scans; it may throw. `pages`, which are not owned, make
  // the next search faster.
  SearchIndex(const View& view, std::function<void()> check, SearchPageCache* pages = nullptr,
              std::size_t most_places = kMostPlaces);
  ~SearchIndex();

  // What is done with the texts of lines, in bytes, counts as a scan too.
  void work(std::size_t bytes);

  // Lines that may have a token which matches, of any publisher and metaset. nullopt: all lines
  // may, or too many: go through chains. `type` and `key`: of the tuple, empty: any; they narrow
  // the result where that is cheap.
  std::optional<LinePlaces> candidates(const ips::SearchPattern& pattern,
                                       std::optional<ips::ActionType> type, std::string_view key);

  // `most_rows`: nullopt also if more rows of the index would have to be looked at.
  std::optional<LinePlaces> quick_candidates(const ips::SearchPattern& pattern,
                                             std::optional<ips::ActionType> type,
                                             std::string_view key, std::size_t most_rows);
  std::optional<ChainPlaces> chain_candidates(const ips::SearchPattern& pattern,
                                              std::optional<ips::ActionType> type,
                                              std::string_view key, std::size_t most_rows);

  // All chains of a publisher, by name, with how many lines they have, numbered from 0. Return
  // false to stop.
  using ChainVisitor = std::function<bool(ChainId id, std::string_view name, LineId lines)>;
  void for_each_chain(PublisherId publisher, const ChainVisitor& visit);
  const SearchChain& chain(ChainId id);
  // The versions of a chain that are visible, ascending.
  std::vector<SearchDocument> documents(ChainId id);

  // Cheapest in ascending order of places. False: the line is no more (collected).
  bool seek(LinePlace place);
  // Of the line that seek() went to.
  std::string_view line() const;
  bool line_is_of(std::uint32_t ordinal) const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace metaset::store
