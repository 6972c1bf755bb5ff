// What a search may cost, for this directory: how long it may take, and how many may take long.
// Thread-safety: one thread.
#pragma once

#include <chrono>

#include "metaset/base/error.h"
#include "metaset/depot/read_session.h"
#include "metaset/depot/search.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/http/exchange.h"

namespace metaset::http {

// StatusError 503, if nothing can be found in this repository.
void require_search_index(const depot::ReadSession& session);

// Runs a search. One that takes too long is status 503, after which clients do not try again at
// once.
template <typename Search>
auto searching(const Search& search) {
  try {
    return search();
  } catch (const Error& error) {
    if (error.code() != Code::kLimit) throw;
    throw StatusError(503, error.message());
  }
}

// Of all searches of one request. Outlives the exchange, not the state.
struct SearchAllowance {
  SearchAllowance(Exchange& exchange, const depot::ReadSession& session);
  SlowSearches& slow;
  store::SearchPageCache& pages;
  std::chrono::milliseconds time;
  unsigned most_slow;
};

class SearchTime {
 public:
  explicit SearchTime(const SearchAllowance& allowance);
  ~SearchTime();
  SearchTime(const SearchTime&) = delete;
  SearchTime& operator=(const SearchTime&) = delete;

  // To be called now and then. kLimit when the time is over; StatusError 503 if too many others
  // take long as well.
  void check();
  // For one of the searches; refers to this.
  depot::SearchLimits limits();

 private:
  using Clock = std::chrono::steady_clock;

  const SearchAllowance allowance_;
  const Clock::time_point begin_;
  bool is_slow_ = false;
};

}  // namespace metaset::http
