// Signals as events of a descriptor, for a process that waits for its children as well.
// Thread-safety: one thread, before others are started.
#pragma once

#include <initializer_list>
#include <optional>

#include <signal.h>

#include "metaset/base/file.h"

namespace metaset::app {

// The signals stay blocked as long as it exists; children that are started meanwhile unblock them.
class SignalEvents {
 public:
  explicit SignalEvents(std::initializer_list<int> signals);
  ~SignalEvents();
  SignalEvents(const SignalEvents&) = delete;
  SignalEvents& operator=(const SignalEvents&) = delete;

  int fd() const { return fd_.get(); }  // readable when there is one
  std::optional<int> next();            // does not wait

 private:
  sigset_t before_{};
  Fd fd_;
};

}  // namespace metaset::app
