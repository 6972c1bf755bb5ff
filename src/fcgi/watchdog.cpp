#include "fcgi/watchdog.h"

#include <sys/socket.h>

namespace metaset::fcgi {

void Watchdog::Slot::arm(int fd, std::chrono::milliseconds limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  const std::lock_guard lock(mutex_);
  fd_ = fd;
  deadline_ = deadline;
}

void Watchdog::Slot::disarm() {
  const std::lock_guard lock(mutex_);
  fd_ = -1;
}

void Watchdog::Slot::check(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (fd_ < 0 || now < deadline_) return;
  ::shutdown(fd_, SHUT_RDWR);
  fd_ = -1;
}

Watchdog::Slot& Watchdog::add() {
  const std::lock_guard lock(mutex_);
  return slots_.emplace_back();
}

void Watchdog::remove(const Slot& slot) {
  const std::lock_guard lock(mutex_);
  slots_.remove_if([&slot](const Slot& one) { return &one == &slot; });
}

void Watchdog::check() {
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  for (Slot& slot : slots_) slot.check(now);
}

}  // namespace metaset::fcgi
