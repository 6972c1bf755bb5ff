#include "fcgi/reporter.h"

#include <utility>

#include <fmt/format.h>

namespace metaset::fcgi {

Reporter::Reporter(Notifier notifier, unsigned workers)
    : notifier_(std::move(notifier)), interval_(notifier_.watchdog_interval()), workers_(workers) {}

std::string Reporter::status() const {
  if (answering_ == workers_) {
    return fmt::format("STATUS={} worker{}", workers_, workers_ == 1 ? " answers" : "s answer");
  }
  return fmt::format("STATUS={} of {} workers answer", answering_, workers_);
}

void Reporter::answering(unsigned workers) {
  if (phase_ == Phase::kStopping || std::exchange(answering_, workers) == workers) return;
  if (phase_ == Phase::kStarting && answering_ == workers_) {
    phase_ = Phase::kReady;
    notifier_.send("READY=1\n" + status());
  } else if (phase_ != Phase::kRenewing) {
    notifier_.send(status());
  }
}

void Reporter::renewing() {
  if (phase_ == Phase::kStarting) return;  // it is not ready anyway
  phase_ = Phase::kRenewing;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  notifier_.send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=new workers are started",
                             std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}

void Reporter::renewed() {
  if (phase_ != Phase::kRenewing) return;
  phase_ = Phase::kReady;
  notifier_.send("READY=1\n" + status());
}

void Reporter::stopping() {
  if (std::exchange(phase_, Phase::kStopping) == Phase::kStopping) return;
  notifier_.send("STOPPING=1\nSTATUS=requests under way are finished");
}

}  // namespace metaset::fcgi
