// Ends the wait for peers that are silent for too long, for this directory.
//
// libfcgi reads and writes blockingly. A thread that is about to do so arms its slot; check(),
// called now and then by another thread, shuts down the connections that are overdue, which wakes
// their threads with an error. One clock reading and an uncontended lock instead of socket options.
#pragma once

#include <chrono>
#include <list>
#include <mutex>

namespace metaset::fcgi {

class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  // Thread-safety: one thread arms and disarms; check() from any other.
  class Slot {
   public:
    void arm(int fd, std::chrono::milliseconds limit);
    // Before the descriptor is closed: its number may come back as another connection.
    void disarm();
    void check(Clock::time_point now);

   private:
    std::mutex mutex_;
    int fd_ = -1;
    Clock::time_point deadline_;
  };

  // Thread-safety of all below: any thread. A slot is of its watchdog and of one thread.
  Slot& add();
  void remove(const Slot& slot);
  void check();

 private:
  std::mutex mutex_;  // of the list
  std::list<Slot> slots_;
};

}  // namespace metaset::fcgi
