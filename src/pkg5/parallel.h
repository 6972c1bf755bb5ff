// Work on several threads with results taken by the caller's thread, in bounded memory.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace metaset::pkg5 {

inline unsigned thread_count(unsigned wanted) {
  constexpr unsigned kMostByDefault = 8;
  if (wanted != 0) return wanted;
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMostByDefault);
}

// Calls work(index) for 0 <= index < count on `threads` threads and take(result) for each result in
// the calling thread, in any order. At most `threads` results wait to be taken. The first
// exception, of either side, ends everything and is thrown here once all threads have ended.
template <typename Result, typename Work, typename Take>
void run_parallel(std::size_t count, unsigned threads, const Work& work, const Take& take) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable room, news;
    std::deque<Result> results;
    std::size_t next = 0;
    unsigned running = 0;
    bool stop = false;
    std::exception_ptr error;
  } shared;

  const auto worker = [&] {
    std::unique_lock lock(shared.mutex);
    while (!shared.stop && shared.next < count) {
      const std::size_t index = shared.next++;
      lock.unlock();
      try {
        Result result = work(index);
        lock.lock();
        shared.room.wait(lock, [&] { return shared.stop || shared.results.size() < threads; });
        shared.results.push_back(std::move(result));
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        if (!shared.error) shared.error = std::current_exception();
        shared.stop = true;
        shared.room.notify_all();
      }
      shared.news.notify_one();
    }
    --shared.running;
    shared.news.notify_one();
  };

  std::vector<std::jthread> pool;  // joined when destroyed, before `shared` goes
  const auto stop = [&] {
    const std::lock_guard lock(shared.mutex);
    shared.stop = true;
    shared.room.notify_all();
  };
  try {
    for (unsigned i = 0; i < threads; ++i) {
      {
        const std::lock_guard lock(shared.mutex);
        ++shared.running;
      }
      try {
        pool.emplace_back(worker);
      } catch (...) {
        const std::lock_guard lock(shared.mutex);
        --shared.running;
        if (pool.empty()) throw;
        break;  // fewer will do
      }
    }
    std::unique_lock lock(shared.mutex);
    for (;;) {
      shared.news.wait(lock, [&] { return !shared.results.empty() || shared.running == 0; });
      if (shared.results.empty() || shared.error) break;
      Result result = std::move(shared.results.front());
      shared.results.pop_front();
      shared.room.notify_one();
      lock.unlock();
      take(std::move(result));
      lock.lock();
    }
  } catch (...) {
    stop();
    throw;
  }
  pool.clear();
  if (shared.error) std::rethrow_exception(shared.error);
}

}  // namespace metaset::pkg5
