// Threads that take requests in place of those that wait, for this directory.
//
// Every waiting thread has one substitute, up to a bound; beyond it threads just wait. A substitute
// is made when it is needed, goes on for a moment when it is not any more (waits come in groups),
// and then ends. Substitutes may wait too. Thread-safety: any thread, unless said otherwise.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "metaset/base/log.h"

namespace metaset::fcgi {

class Substitutes {
 public:
  using Clock = std::chrono::steady_clock;
  // How long one stays that is not needed.
  static constexpr std::chrono::milliseconds kStay{1000};

  // One of the threads.
  struct Member {
    std::thread thread;
    bool counts = false;  // as one that takes requests
    bool ended = false;
  };

  // `work` is what a substitute does: take requests until it is told to stop, or dismissed. It must
  // not throw. `settled`: see stop(). The logger must outlive this object.
  Substitutes(unsigned limit, std::function<void(Member&)> work, std::function<void()> settled,
              const Logger& log);
  ~Substitutes() { join(); }
  Substitutes(const Substitutes&) = delete;
  Substitutes& operator=(const Substitutes&) = delete;

  // The calling thread, which takes requests, does so no more until end_waiting().
  void begin_waiting() noexcept;
  void end_waiting() noexcept;

  // For `work`, now and then: true if there is nothing for this one to do; then it must return.
  bool dismiss(Member& self) noexcept;

  // Calls `settled` when no thread waits, now or later; from then on there are no new substitutes.
  // The first time only.
  void stop();
  // False if some have not ended by then. Those that have ended are let go of.
  bool wait_until(Clock::time_point deadline);
  // Waits for all. No thread may begin to wait any more.
  void join();

 private:
  void start();
  void settle();

  const unsigned limit_;
  const std::function<void(Member&)> work_;
  const std::function<void()> settled_;
  const Logger& log_;
  std::mutex mutex_;  // of all below
  std::condition_variable ended_;
  std::list<Member> members_;
  unsigned waiting_ = 0;
  unsigned count_ = 0;  // of those that take requests, or will
  Clock::time_point needed_;
  bool stopping_ = false;
  bool closed_ = false;
};

}  // namespace metaset::fcgi
