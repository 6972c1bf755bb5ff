#include "metaset/fcgi/listener.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::fcgi {
namespace {

// What waits beyond it is refused on a unix socket, which nginx makes a 502 of. The kernel lowers
// it to net.core.somaxconn, 4096 by default.
constexpr int kBacklog = 4096;
constexpr int kFirstSystemdFd = 3;
constexpr std::string_view kUnixPrefix = "unix:";

Error bad_address(std::string_view address) {
  return Error(
      Code::kUsage,
      fmt::format("'{}' is not a listen address: it must be the absolute path of a socket, "
                  "or ADDRESS:PORT with a numeric address, as 127.0.0.1:9000.",
                  address));
}

Fd make_socket(int family, std::string_view name) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw system_error(errno, "making a socket for", name);
  return fd;
}

void start_listening(const Fd& fd, std::string_view name) {
  if (::listen(fd.get(), kBacklog) != 0) throw system_error(errno, "listening on", name);
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw Error(Code::kUsage, fmt::format("The socket path '{}' is longer than {} bytes.", path,
                                          sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool bind_unix(const Fd& fd, const sockaddr_un& address) {
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

// Removes a socket file that is left over from a process that is gone.
void remove_stale(const sockaddr_un& address, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) {
    throw Error(Code::kExists, fmt::format("{} exists and is not a socket.", path));
  }
  const Fd probe = make_socket(AF_UNIX, path);
  const int result =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  // EAGAIN: its queue of connections is full, so somebody has it.
  if (result == 0 || errno == EAGAIN) {
    throw Error(Code::kExists, fmt::format("Another process is listening on {}.", path));
  }
  if (errno != ECONNREFUSED) throw system_error(errno, "probing the socket", path);
  remove_file(path);
}

Fd listen_unix(const std::string& path, mode_t mode) {
  const sockaddr_un address = unix_address(path);
  Fd fd = make_socket(AF_UNIX, path);
  if (!bind_unix(fd, address)) {
    if (errno != EADDRINUSE) throw system_error(errno, "binding the socket", path);
    remove_stale(address, path);
    if (!bind_unix(fd, address)) throw system_error(errno, "binding the socket", path);
  }
  // Nobody can connect before listen(2), so the mode is in force from the beginning.
  if (::chmod(path.c_str(), mode) != 0) throw system_error(errno, "setting the mode of", path);
  start_listening(fd, path);
  return fd;
}

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

TcpAddress tcp_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) throw bad_address(text);
  const std::string_view digits = text.substr(colon + 1);
  std::string host(text.substr(0, colon));
  in_port_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) throw bad_address(text);
  TcpAddress address;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    address.size = sizeof(v6);
    host = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) throw bad_address(text);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    address.size = sizeof(v4);
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) throw bad_address(text);
  }
  return address;
}

Fd bind_tcp(std::string_view text) {
  const TcpAddress address = tcp_address(text);
  Fd fd = make_socket(address.storage.ss_family, text);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
    if (errno == EADDRINUSE) {
      throw Error(Code::kExists, fmt::format("Another process is listening on {}.", text));
    }
    throw system_error(errno, "binding", text);
  }
  return fd;
}

std::string tcp_name(const Fd& fd, std::string_view text) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return std::string(text);
  }
  // The port is at the same place in both families.
  const in_port_t port = ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  return fmt::format("{}:{}", text.substr(0, text.rfind(':')), port);
}

std::optional<int> inherited_fd() {
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  if (pid != nullptr && count != nullptr && std::to_string(::getpid()) == pid &&
      std::atoi(count) > 0 && is_listening(kFirstSystemdFd)) {
    return kFirstSystemdFd;
  }
  if (is_listening(STDIN_FILENO)) return STDIN_FILENO;
  return std::nullopt;
}

}  // namespace

bool is_listening(int fd) {
  int accepts = 0;
  socklen_t size = sizeof(accepts);
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts != 0;
}

Listener::Listener(Fd fd, std::string name)
    : fd_(std::move(fd)), name_(std::move(name)), owner_(::getpid()) {}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::move(other.fd_)),
      name_(std::move(other.name_)),
      path_(std::exchange(other.path_, {})),
      made_(other.made_),
      owner_(other.owner_) {}

Listener::~Listener() {
  if (path_.empty() || owner_ != ::getpid()) return;
  struct stat status {};
  const bool ours = ::lstat(path_.c_str(), &status) == 0 && status.st_dev == made_.device &&
                    status.st_ino == made_.inode;
  if (ours) ::unlink(path_.c_str());
}

Listener Listener::open(std::string_view address, mode_t mode) {
  std::string_view path = address;
  if (path.starts_with(kUnixPrefix)) path.remove_prefix(kUnixPrefix.size());
  if (!path.starts_with('/')) {
    Listener listener = reserve(address);
    start_listening(listener.fd_, listener.name_);
    return listener;
  }
  Listener listener(listen_unix(std::string(path), mode), std::string(path));
  if (const std::optional<FileInfo> made = file_info(listener.name_)) {
    listener.path_ = listener.name_;
    listener.made_ = *made;
  }
  return listener;
}

Listener Listener::reserve(std::string_view address) {
  Fd fd = bind_tcp(address);
  std::string name = tcp_name(fd, address);
  return Listener(std::move(fd), std::move(name));
}

std::optional<Listener> Listener::inherited() {
  const std::optional<int> given = inherited_fd();
  if (!given) return std::nullopt;
  Fd fd(::fcntl(*given, F_DUPFD_CLOEXEC, kFirstSystemdFd));
  const int flags = fd ? ::fcntl(fd.get(), F_GETFL) : -1;
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw system_error(errno, "taking over", "the inherited socket");
  }
  return Listener(std::move(fd), "an inherited socket");
}

}  // namespace metaset::fcgi
