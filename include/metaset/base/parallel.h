// Loops over independent things by several threads.
//
// The calling thread works too; fewer threads than wanted will do. The first exception ends the
// loop and is thrown in the calling thread once all threads have ended.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace metaset {

// 0: one for each core, at most 8.
inline unsigned thread_count(unsigned wanted) {
  constexpr unsigned kMostByDefault = 8;
  if (wanted != 0) return wanted;
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMostByDefault);
}

// Calls work(index) for 0 <= index < count.
template <typename Work>
void for_each_parallel(std::size_t count, unsigned threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto run = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> pool;  // joined when destroyed
    try {
      for (unsigned i = 1; i < threads && i < count; ++i) pool.emplace_back(run);
    } catch (const std::system_error&) {
      // Fewer will do.
    }
    run();
  }
  if (error) std::rethrow_exception(error);
}

// Also calls take(work(index)) in any order, one call at a time; none after one that threw. No
// more than `threads` results exist at once.
template <typename Work, typename Take>
void run_parallel(std::size_t count, unsigned threads, const Work& work, const Take& take) {
  std::mutex mutex;
  bool taking = false;  // still set when the lock was got: take() threw
  for_each_parallel(count, threads, [&](std::size_t index) {
    auto result = work(index);
    const std::lock_guard lock(mutex);
    if (taking) return;
    taking = true;
    take(std::move(result));
    taking = false;
  });
}

}  // namespace metaset
