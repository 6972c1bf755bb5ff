// Spreads work evenly over time: so many bytes in a second, however many threads ask.
//
// Whoever has read something calls take(): it sleeps until what was taken before has had its time.
// There is no credit for time in which nobody asked, so that nothing ever comes in a burst.
// Thread-safety: any thread. Errors: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace metaset {

class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  // 0: no limit.
  explicit RateLimiter(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

  bool is_limited() const { return rate_ != 0; }
  // How many bytes should be read at once, at most `wanted`: a tenth of a second's.
  std::size_t portion(std::size_t wanted) const;
  // When what was reserved before has had its time. The time after that is reserved for these.
  Clock::time_point reserve(std::uint64_t bytes, Clock::time_point now);
  // Waits for it.
  void take(std::uint64_t bytes);

 private:
  const std::uint64_t rate_;
  std::mutex mutex_;
  Clock::time_point next_{};  // when all that was reserved has had its time
};

}  // namespace metaset
