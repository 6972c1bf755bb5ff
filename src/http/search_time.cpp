#include "http/search_time.h"

#include <algorithm>

#include "metaset/store/search_index.h"

namespace metaset::http {
namespace {

using namespace std::chrono_literals;

// While somebody looks at a preview nobody can commit.
constexpr std::chrono::milliseconds kPreviewTime = 5s;
// Those that are found by the index are much faster.
constexpr std::chrono::milliseconds kQuick = 500ms;
constexpr std::chrono::milliseconds kPatience = 250ms;

}  // namespace

void require_search_index(const depot::ReadSession& session) {
  if (store::SearchIndex::is_built(session.view())) return;
  throw StatusError(503, "Search functionality is temporarily unavailable.")
      .with_header("Retry-After", "60");
}

SearchAllowance::SearchAllowance(Exchange& exchange, const depot::ReadSession& session)
    : slow(exchange.state_as<DepotState>().slow_searches()),
      pages(exchange.state_as<DepotState>().search_pages()),
      time(exchange.config.search_time),
      most_slow(exchange.config.slow_searches) {
  if (session.is_preview()) time = std::min(time, kPreviewTime);
}

SearchTime::SearchTime(const SearchAllowance& allowance)
    : allowance_(allowance), begin_(Clock::now()) {}

SearchTime::~SearchTime() {
  if (is_slow_) allowance_.slow.leave();
}

void SearchTime::check() {
  const auto passed = Clock::now() - begin_;
  if (passed >= allowance_.time) {
    throw Error(Code::kLimit, "The search takes too long: ask for less, or read faster.");
  }
  if (is_slow_ || passed < kQuick) return;
  is_slow_ = allowance_.slow.enter(allowance_.most_slow, kPatience);
  if (is_slow_) return;
  throw StatusError(503,
                    "Too many searches that take long are under way here: ask for less, or try "
                    "again later.")
      .with_header("Retry-After", "10");
}

depot::SearchLimits SearchTime::limits() {
  const auto left = allowance_.time - (Clock::now() - begin_);
  return {std::max(std::chrono::ceil<std::chrono::milliseconds>(left), 1ms), [this] { check(); },
          &allowance_.pages};
}

}  // namespace metaset::http
