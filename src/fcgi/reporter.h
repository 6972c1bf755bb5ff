// What a service manager hears about a pool of workers, for this directory.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "metaset/base/notify.h"

namespace metaset::fcgi {

// Tells what changes, and that once. Thread-safety: one thread, but for is_alive(): any.
class Reporter {
 public:
  Reporter(Notifier notifier, unsigned workers);

  // How many workers answer. When all do, for the first time or anew, the service is ready.
  void answering(unsigned workers);
  // New workers are started in place of the old ones, until renewed().
  void renewing();
  void renewed();
  void stopping();

  // How often the manager wants to hear that the workers are alive; never, mostly.
  std::optional<std::chrono::milliseconds> interval() const { return interval_; }
  void is_alive() const { notifier_.send("WATCHDOG=1"); }

 private:
  enum class Phase { kStarting, kReady, kRenewing, kStopping };

  std::string status() const;

  const Notifier notifier_;
  const std::optional<std::chrono::milliseconds> interval_;
  const unsigned workers_;
  unsigned answering_ = 0;
  Phase phase_ = Phase::kStarting;
};

}  // namespace metaset::fcgi
