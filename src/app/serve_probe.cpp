#include "serve_probe.h"

#include <array>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "metaset/base/file.h"

namespace metaset::app {
namespace {

void set_timeouts(const Fd& fd, std::chrono::milliseconds limit) {
  timeval time{};
  time.tv_sec = limit.count() / 1000;
  time.tv_usec = limit.count() % 1000 * 1000;
  for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(fd.get(), SOL_SOCKET, which, &time, sizeof time);
  }
}

}  // namespace

std::string probe(int listening, std::string_view path, std::chrono::milliseconds limit) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  // A wildcard address leads to this machine.
  if (::getsockname(listening, any, &size) != 0) return {};
  const Fd fd(::socket(any->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return {};
  set_timeouts(fd, limit);
  if (::connect(fd.get(), any, size) != 0) return {};
  const std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  std::string answer;
  std::array<char, 512> buffer{};
  while (answer.find('\n') == std::string::npos) {
    const ssize_t count = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) return {};
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return answer.substr(0, answer.find_first_of("\r\n"));
}

}  // namespace metaset::app
