// What a service manager that started this process is told about it: the protocol of sd_notify(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace metaset {

// Thread-safety: any thread. Says nothing where nobody asked to be told. A message that cannot be
// sent is lost, without an error: the service matters more than what is told about it.
class Notifier {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID in the environment. What is not of their
  // form counts as not there.
  static Notifier from_environment();
  Notifier() = default;

  // Lines such as "READY=1\nSTATUS=2 workers". One message.
  void send(std::string_view lines) const noexcept;
  // If the manager wants to hear "WATCHDOG=1", at least once in this time, from this process.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }
  // How often to say it then: twice in that time, as sd_watchdog_enabled(3) recommends.
  std::optional<std::chrono::milliseconds> watchdog_interval() const;

 private:
  std::string socket_;  // a path, or an abstract name with a null byte at its beginning; or empty
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace metaset
