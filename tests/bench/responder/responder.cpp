// responder SOCKET FILE THREADS [close]
//
// A FastCGI worker that does nothing: it answers every request with the bytes of a file (header
// fields, an empty line, the body), which are made into records beforehand. What nginx reaches in
// front of it is what a depot could reach at most. "close": ends the connection after each answer,
// for those with X-Accel-Redirect, whose connection nginx does not use again.
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/fcgi/listener.h"

#include "answer.h"

namespace metaset::bench {
namespace {

constexpr std::size_t kLargestRequest = 16 << 10;
constexpr std::uint64_t kLargestFile = 64 << 20;

// A worker with one epoll set. Thread-safety: any thread.
class Responder {
 public:
  Responder(const std::string& address, std::string_view response, bool closes)
      : listener_(fcgi::Listener::open(address, 0666)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        answer_(response),
        closes_(closes) {
    if (!epoll_) throw system_error(errno, "making", "an epoll set");
    // Edge-triggered: a new connection wakes one thread, which takes all that wait.
    control(EPOLL_CTL_ADD, listener_.fd(), EPOLLIN | EPOLLET);
  }

  // In any number of threads. A failure ends the program: its rates would mean nothing.
  void work() noexcept {
    try {
      Answer answer = answer_;
      while (true) next(answer);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "responder: %s\n", error.what());
      std::_Exit(1);
    }
  }

 private:
  void control(int operation, int fd, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) {
      throw system_error(errno, "changing", "an epoll set");
    }
  }
  // A connection in the set belongs to nobody; whichever thread is told of it owns it from then on.
  void give_back(Fd connection, int operation) const {
    control(operation, connection.get(), EPOLLIN | EPOLLONESHOT);
    connection.release();
  }

  void next(Answer& answer) const {
    epoll_event event{};
    if (::epoll_wait(epoll_.get(), &event, 1, -1) != 1) return;
    if (event.data.fd == listener_.fd()) {
      accept_all();
    } else if (Fd connection(event.data.fd); serve(connection, answer) && !closes_) {
      give_back(std::move(connection), EPOLL_CTL_MOD);
    }
  }

  void accept_all() const {
    while (Fd connection{::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)}) {
      give_back(std::move(connection), EPOLL_CTL_ADD);
    }
    if (errno != EAGAIN) throw system_error(errno, "accepting on", listener_.name());
  }

  // False if nginx has closed the connection.
  static bool serve(const Fd& connection, Answer& answer) {
    std::array<char, kLargestRequest> buffer;
    const ssize_t got = ::recv(connection.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    const std::string_view request(buffer.data(), static_cast<std::size_t>(got));
    // nginx writes one at once, so this program need not put requests together.
    if (!is_whole(request)) throw Error(Code::kInvalid, "a request that did not come in one piece");
    const std::string_view bytes = answer.to(request);
    return ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  const fcgi::Listener listener_;
  const Fd epoll_;
  const Answer answer_;
  const bool closes_;
};

}  // namespace
}  // namespace metaset::bench

int main(int argc, char** argv) {
  using namespace metaset;
  const bool closes = argc == 5 && std::string_view(argv[4]) == "close";
  const int threads = argc > 3 ? std::atoi(argv[3]) : 0;
  if (threads < 1 || (argc != 4 && !closes)) {
    std::fprintf(stderr, "usage: responder SOCKET FILE THREADS [close]\n");
    return 2;
  }
  try {
    bench::Responder responder(argv[1], read_file(argv[2], bench::kLargestFile), closes);
    std::vector<std::jthread> workers;  // they end with the process
    workers.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) workers.emplace_back([&responder] { responder.work(); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "responder: %s\n", error.what());
    return 1;
  }
  return 0;
}
