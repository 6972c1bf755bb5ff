#include "metaset/base/notify.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "metaset/base/file.h"

namespace metaset {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string socket_name(std::string_view given) {
  if (given.size() >= sizeof(sockaddr_un::sun_path)) return {};
  std::string name(given);
  if (name.starts_with('@')) name.front() = '\0';
  return name.starts_with('/') || name.starts_with('\0') ? name : std::string();
}

std::optional<std::chrono::microseconds> watchdog_time() {
  const std::string_view pid = variable("WATCHDOG_PID");
  if (!pid.empty() && number(pid) != ::getpid()) return std::nullopt;
  const std::optional<std::int64_t> time = number(variable("WATCHDOG_USEC"));
  if (!time || *time <= 0) return std::nullopt;
  return std::chrono::microseconds(*time);
}

}  // namespace

Notifier Notifier::from_environment() {
  Notifier notifier;
  notifier.socket_ = socket_name(variable("NOTIFY_SOCKET"));
  if (!notifier.socket_.empty()) notifier.watchdog_ = watchdog_time();
  return notifier;
}

std::optional<std::chrono::milliseconds> Notifier::watchdog_interval() const {
  using std::chrono::milliseconds;
  if (!watchdog_) return std::nullopt;
  return std::max(std::chrono::duration_cast<milliseconds>(*watchdog_ / 2), milliseconds(1));
}

void Notifier::send(std::string_view lines) const noexcept {
  if (socket_.empty()) return;
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(socket_, address.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // A manager that does not read must not hold us up for long.
  const timeval patience{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  ::sendto(fd.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace metaset
