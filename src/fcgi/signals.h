// Signals as events of a descriptor, for the master process; and none, for the threads of a worker.
#pragma once

#include <initializer_list>
#include <optional>

#include <signal.h>

#include "metaset/base/file.h"

namespace metaset::fcgi {

// Blocks the signals for the calling thread as long as it exists.
class SignalQueue {
 public:
  explicit SignalQueue(std::initializer_list<int> signals);  // kIo if there is no descriptor left
  ~SignalQueue() { release(); }
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  int fd() const { return fd_.get(); }  // readable when there is one
  std::optional<int> next();            // does not wait
  // What a forked child does: the mask of before, and no descriptor.
  void release();

 private:
  sigset_t before_{};
  Fd fd_;
};

// While threads are made, which inherit the mask: signals are for the main thread, and must not
// interrupt reads and writes.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace metaset::fcgi
