// How many searches of a process take long at the same time, so that some threads are always left
// for other requests. Quick searches never come here.
//
// Thread-safety: any thread. Errors: none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace metaset::http {

class SlowSearches {
 public:
  // `threads`: of the process. Half of them may search for long, at least one.
  explicit SlowSearches(unsigned threads) : usual_(threads < 4 ? 1 : threads / 2) {}

  // Waits until fewer than `most` (0: as many as usual) are there; false if there are too many all
  // the time. True: leave() has to follow.
  bool enter(unsigned most, std::chrono::milliseconds patience) {
    const unsigned limit = most == 0 ? usual_ : most;
    std::unique_lock lock(mutex_);
    if (!left_.wait_for(lock, patience, [&] { return count_ < limit; })) return false;
    ++count_;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --count_;
    left_.notify_one();
  }

 private:
  const unsigned usual_;
  std::mutex mutex_;  // guards count_
  std::condition_variable left_;
  unsigned count_ = 0;
};

}  // namespace metaset::http
