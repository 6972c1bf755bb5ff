// The work that follows publications, in a thread of its own: catalog files, their digests and
// links for the web server after a commit; at the start and from time to time idle transactions,
// what killed processes left, and an activation whose time has come (store/active.h).
//
// None of it has to be done for a publication to be safe and visible, so it waits until nobody has
// published for a moment, but not for long. Thread-safety: any thread; one per repository and
// process. Failures are logged and tried again after the next commit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "metaset/base/log.h"
#include "metaset/store/repository.h"

namespace metaset::depot {

class Caretaker {
 public:
  struct Times {
    std::chrono::milliseconds quiet{500};     // after the last commit
    std::chrono::milliseconds at_most{5000};  // after the first one that was not followed up
    std::chrono::seconds idle{24 * 3600};     // unused transactions are kept so long
    std::chrono::seconds look_for_idle{600};
    std::chrono::seconds tick{1};
  };
  // Both outlive it. `tick` is called in its thread every second, and once at the end.
  Caretaker(store::Repository& repository, const Logger& log, std::function<void()> tick,
            Times times);
  Caretaker(store::Repository& repository, const Logger& log, std::function<void()> tick)
      : Caretaker(repository, log, std::move(tick), Times()) {}
  ~Caretaker();  // after the work that is due
  Caretaker(const Caretaker&) = delete;
  Caretaker& operator=(const Caretaker&) = delete;

  void committed();

 private:
  using Clock = std::chrono::steady_clock;
  void run();
  void finish_commits() noexcept;
  void expire_transactions() noexcept;
  void remove_leftovers() noexcept;
  void settle_active() noexcept;
  void log_failure(const char* what, const std::exception& error) const noexcept;
  void tick() noexcept;

  store::Repository& repository_;
  const Logger& log_;
  const std::function<void()> tick_;
  const Times times_;
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  bool stopping_ = false;
  bool due_ = false;
  Clock::time_point first_, last_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace metaset::depot
