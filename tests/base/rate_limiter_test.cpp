#include "metaset/base/rate_limiter.h"

#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include "metaset/base/priority.h"

namespace metaset {
namespace {

using Clock = RateLimiter::Clock;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(rate_limiter)

BOOST_AUTO_TEST_CASE(each_waits_until_what_came_before_has_had_its_time) {
  RateLimiter limiter(1000);
  const Clock::time_point start = Clock::now();
  BOOST_TEST((limiter.reserve(500, start) - start == milliseconds(0)));
  BOOST_TEST((limiter.reserve(100, start) - start == milliseconds(500)));
  BOOST_TEST((limiter.reserve(1, start + milliseconds(10)) - start == milliseconds(600)));
}

BOOST_AUTO_TEST_CASE(idle_time_is_no_credit) {
  RateLimiter limiter(1000);
  const Clock::time_point start = Clock::now();
  limiter.reserve(100, start);
  const Clock::time_point later = start + std::chrono::hours(1);
  BOOST_TEST((limiter.reserve(2000, later) == later));
  BOOST_TEST((limiter.reserve(1, later) - later == milliseconds(2000)));
}

BOOST_AUTO_TEST_CASE(portions_are_small_when_the_rate_is) {
  BOOST_TEST(RateLimiter(0).portion(1 << 18) == 1u << 18);
  BOOST_TEST(RateLimiter(std::uint64_t{1} << 30).portion(1 << 18) == 1u << 18);
  BOOST_TEST(RateLimiter(1'000'000).portion(1 << 18) == 100'000u);
  BOOST_TEST(RateLimiter(10).portion(1 << 18) == 4096u);
  BOOST_TEST(RateLimiter(10).portion(100) == 100u);
}

BOOST_AUTO_TEST_CASE(without_a_limit_nobody_waits) {
  RateLimiter limiter(0);
  BOOST_TEST(!limiter.is_limited());
  const Clock::time_point now = Clock::now();
  for (int i = 0; i < 10; ++i) BOOST_TEST((limiter.reserve(~std::uint64_t{0}, now) == now));
}

// 4 threads take 300,000 bytes at a million in a second: the last one of them waits for the others.
BOOST_AUTO_TEST_CASE(threads_share_the_rate) {
  RateLimiter limiter(1'000'000);
  const Clock::time_point start = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 75; ++j) limiter.take(1000);
      });
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  BOOST_TEST(seconds >= 0.298);
  BOOST_TEST(seconds < 5.0);
}

BOOST_AUTO_TEST_CASE(a_thread_with_low_priority_starts_others_with_it) {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  int mine = 0, inherited = 0;
  std::jthread([&] {
    lower_priority();
    mine = ::getpriority(PRIO_PROCESS, 0);
    std::jthread([&] { inherited = ::getpriority(PRIO_PROCESS, 0); }).join();
  }).join();
  BOOST_TEST(mine == 19);
  BOOST_TEST(inherited == 19);
  BOOST_TEST(::getpriority(PRIO_PROCESS, 0) == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
