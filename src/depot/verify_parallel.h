// A loop over independent things by several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace metaset::depot {

inline unsigned thread_count(unsigned wanted) {
  constexpr unsigned kMostByDefault = 8;
  if (wanted != 0) return wanted;
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMostByDefault);
}

// Calls work(index) for 0 <= index < count on up to `threads` threads. The first exception ends the
// loop and is thrown here.
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

}  // namespace metaset::depot
