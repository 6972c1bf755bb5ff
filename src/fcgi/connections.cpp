#include "fcgi/connections.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::fcgi {
namespace {

constexpr std::uint32_t kOnce = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
// Between two idle connections that are closed at the end, and for all of them.
constexpr std::chrono::microseconds kClosePause{2000};
constexpr std::chrono::microseconds kCloseTime{500'000};

// Of a connection that was gone before it was taken.
bool is_of_the_peer(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO;
}

void wait_for_first(const Connection& connection, std::chrono::steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd event = {connection.fd, POLLIN | POLLRDHUP, 0};
  ::poll(&event, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

}  // namespace

Connections::Connections(int listen_fd, const Logger& log)
    : listen_fd_(listen_fd),
      log_(log),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_(::eventfd(1, EFD_CLOEXEC)) {
  if (!epoll_ || !stop_) throw system_error(errno, "making", "an epoll set");
  if (!watch_listener()) throw system_error(errno, "adding", "the listening socket");
}

Connections::~Connections() {
  close_all(std::chrono::milliseconds(0), [](int fd) { ::close(fd); });
}

bool Connections::control(int operation, int fd, std::uint32_t events, void* data) const {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

// Exclusive: a new connection wakes one process of a pool, not all. Edge-triggered: it wakes one
// thread of that, which therefore has to take all that wait.
bool Connections::watch_listener() {
  return control(EPOLL_CTL_ADD, listen_fd_, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, &listen_fd_);
}

Connections::Ready Connections::wait(std::chrono::milliseconds limit) {
  epoll_event event{};
  // One event per thread: the others take the next ones.
  const int count = ::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(limit.count()));
  if (count < 0 && errno != EINTR) throw system_error(errno, "waiting for", "connections");
  if (count <= 0) return {};
  if (event.data.ptr == &listen_fd_) return {Event::kListener, nullptr};
  if (event.data.ptr == &stop_) return {Event::kStop, nullptr};
  return {Event::kConnection, static_cast<Connection*>(event.data.ptr)};
}

// The memory first: what was accepted must not get lost.
Connection* Connections::accept() noexcept {
  std::list<Connection> made;
  try {
    made.emplace_back();
  } catch (const std::bad_alloc&) {
    pause_listening(std::strerror(ENOMEM));
    return nullptr;
  }
  int fd = -1;
  do {
    fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
  } while (fd < 0 && is_of_the_peer(errno));
  if (fd < 0) {
    if (errno != EAGAIN) pause_listening(std::strerror(errno));
    return nullptr;
  }
  // Fails on unix sockets, which need it not: answers must not wait for each other's
  // acknowledgement.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  Connection& connection = made.front();
  connection.fd = fd;
  connection.place = made.begin();
  const std::lock_guard lock(mutex_);
  all_.splice(all_.end(), made);
  return &connection;
}

void Connections::pause_listening(const char* reason) noexcept {
  const std::lock_guard lock(listening_);
  if (stopping_ || std::exchange(paused_, true)) return;
  control(EPOLL_CTL_DEL, listen_fd_, 0, nullptr);
  log_.try_log(Level::kWarning, "no new connections for a moment", reason);
}

void Connections::listen_again() {
  const std::lock_guard lock(listening_);
  // If it cannot be now, it is tried again.
  if (paused_ && !stopping_) paused_ = !watch_listener();
}

Connections::State Connections::look(const Connection& connection) {
  char first = 0;
  const ssize_t size = ::recv(connection.fd, &first, sizeof(first), MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? State::kSilent : State::kGone;
  return size == 0 ? State::kGone : State::kRequest;
}

void Connections::watch(Connection* connection) noexcept {
  if (control(EPOLL_CTL_MOD, connection->fd, kOnce, connection)) return;
  // New: answered as soon as it was accepted, it is not in the set yet.
  if (errno == ENOENT && control(EPOLL_CTL_ADD, connection->fd, kOnce, connection)) return;
  log_.try_log(Level::kWarning, "a connection is closed: epoll", std::strerror(errno));
  close(connection);
}

void Connections::forget(Connection* connection) noexcept {
  const std::lock_guard lock(mutex_);
  all_.erase(connection->place);
}

void Connections::close(Connection* connection) noexcept {
  ::close(connection->fd);
  forget(connection);
}

void Connections::stop_listening() {
  {
    const std::lock_guard lock(listening_);
    if (std::exchange(stopping_, true)) return;
    // Not there while listening is paused, and that is fine.
    control(EPOLL_CTL_DEL, listen_fd_, 0, nullptr);
  }
  // A thread may have been woken for them, and found nothing in the set any more.
  while (Connection* const connection = accept()) watch(connection);
}

void Connections::shut_down() { control(EPOLL_CTL_ADD, stop_.get(), EPOLLIN, &stop_); }

void Connections::close_all(std::chrono::milliseconds patience,
                            const std::function<void(int fd)>& last_request) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const std::lock_guard lock(mutex_);
  // A web server notices one closed connection after the other. If all were closed at once, it
  // could try many in a row for the same request, and give up.
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(all_.size(), 1));
  const std::chrono::microseconds pause = std::min(kClosePause, kCloseTime / count);
  for (const Connection& connection : all_) {
    // Nobody connects to say nothing. A web server takes it as a failure if a new connection ends
    // before the answer, and only for a kept one as a reason to try another.
    if (!connection.used) wait_for_first(connection, deadline);
    if (look(connection) == State::kRequest) {
      last_request(connection.fd);
    } else {
      ::close(connection.fd);
      std::this_thread::sleep_for(pause);
    }
  }
  all_.clear();
}

}  // namespace metaset::fcgi
