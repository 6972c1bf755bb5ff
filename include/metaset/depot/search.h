// Search (protocol/search.md sections 2 to 4): the operation, without HTTP.
//
// Results are those of the view's metaset and of one publisher. Actions are ordered by token (code
// points) as long as they fit into kSortedResults and kSortedBytes; what is more comes by package.
// So do those of a request with a limit, which ends when there are enough; the next ones can be
// asked for with `start`. Memory does not grow with the number of results.
// Thread-safety: one thread. Errors: kUnavailable if the index was not built (as the message says
// to clients), kLimit if it takes longer than the limits allow, kCorrupt, what the visitor throws.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/search_query.h"
#include "metaset/store/search_pages.h"
#include "metaset/store/view.h"

namespace metaset::depot {

inline constexpr std::size_t kSortedResults = 20'000;
inline constexpr std::size_t kSortedBytes = 64 << 20;  // of their texts

struct SearchPatience {
  std::size_t rows = 3000;   // of the index, if they suffice
  std::size_t lines = 6000;  // as they come, if the first results do; closer looks count more
};

struct SearchLimits {
  std::chrono::milliseconds time{30'000};   // of work; the visitor's time counts
  std::function<void()> check = {};         // called now and then; may throw
  store::SearchPageCache* pages = nullptr;  // not owned
  // How long one way of searching is tried before the next, which is better for other queries.
  // Results are the same.
  SearchPatience patience = {};
};

struct SearchResult {
  bool package = false;  // else an action
  std::string_view name, version;
  // Of actions:
  std::string_view token;      // that was found
  std::string_view value;      // shown, not encoded, never empty
  std::string_view type, key;  // of the tuple that matched
  std::string_view line;       // the action as the manifest has it
};
// The views die with the call. Return false to stop.
using SearchVisitor = std::function<bool(const SearchResult& result)>;

void search(const store::View& view, store::PublisherId publisher,
            const ips::SearchRequest& request, const SearchLimits& limits,
            const SearchVisitor& visit);

// What a query for packages finds, by name, each with its versions, in no order. If results are
// many, it costs what is looked at until the visitor returns false.
using SearchedNameVisitor =
    std::function<bool(const std::string& name, const std::vector<std::string>& versions)>;
void search_names(const store::View& view, store::PublisherId publisher,
                  const ips::SearchRequest& request, const SearchLimits& limits,
                  const SearchedNameVisitor& visit);

}  // namespace metaset::depot
