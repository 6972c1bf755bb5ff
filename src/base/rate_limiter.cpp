#include "metaset/base/rate_limiter.h"

#include <algorithm>
#include <thread>

namespace metaset {

std::size_t RateLimiter::portion(std::size_t wanted) const {
  constexpr std::uint64_t kLeast = 4096;
  if (rate_ == 0) return wanted;
  return static_cast<std::size_t>(std::min<std::uint64_t>(wanted, std::max(rate_ / 10, kLeast)));
}

RateLimiter::Clock::time_point RateLimiter::reserve(std::uint64_t bytes, Clock::time_point now) {
  if (rate_ == 0) return now;
  const std::chrono::duration<double> needed(static_cast<double>(bytes) /
                                             static_cast<double>(rate_));
  const std::lock_guard lock(mutex_);
  const Clock::time_point start = std::max(now, next_);
  next_ = start + std::chrono::duration_cast<Clock::duration>(needed);
  return start;
}

void RateLimiter::take(std::uint64_t bytes) {
  if (rate_ == 0) return;
  std::this_thread::sleep_until(reserve(bytes, Clock::now()));
}

}  // namespace metaset
