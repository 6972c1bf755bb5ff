#include "fcgi/process.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::fcgi {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

std::array<Fd, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    throw system_error(errno, "making", "a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

// What a worker says to its master.
constexpr char kReady = 'r';
constexpr char kAlive = 'a';

// A pipe that is full has enough of it, and without a master nobody listens.
void say(const Fd& pipe, char what) {
  [[maybe_unused]] const ssize_t written = ::write(pipe.get(), &what, 1);
}

[[noreturn]] void be_child(pid_t master, int listen_fd, PoolOptions options,
                           const ServiceFactory& service, const Logger& log, bool watched,
                           const Fd& pipe) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The master may have ended before that.
  if (::getppid() != master) ::_exit(1);
  // Whoever sends this to all processes of a service means the master.
  ::signal(SIGHUP, SIG_IGN);
  if (watched) options.worker.alive = [&pipe] { say(pipe, kAlive); };
  const int status =
      serve_here(listen_fd, options, service, log, {[&pipe] { say(pipe, kReady); }, [] {}});
  // Not exit(3): what the master registered to happen at its end is not ours.
  ::_exit(status);
}

}  // namespace

bool Process::listen() {
  std::array<char, 256> bytes{};
  bool heard = false;
  ssize_t count = 0;
  while (pipe && (count = ::read(pipe.get(), bytes.data(), bytes.size())) > 0) {
    heard = true;
    const auto end = bytes.begin() + count;
    ready = ready || std::find(bytes.begin(), end, kReady) != end;
  }
  if (count == 0) pipe.reset();  // it has ended: nothing to wait for
  return heard;
}

int serve_here(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
               const Logger& log, const Events& events) {
  const sigset_t set = stop_signals();
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  int status = 0;
  try {
    const http::HandlerFactory factory = service();
    Worker worker(listen_fd, options.worker, factory, log);
    events.ready();
    int signal = 0;
    ::sigwait(&set, &signal);
    events.stopping();
    worker.stop();
    if (!worker.wait_for(options.stop_timeout)) {
      log.warning("requests are cut off: they took too long to end");
      ::_exit(1);
    }
  } catch (const std::exception& error) {
    log.error(fmt::format("the worker cannot start: {}", error.what()));
    status = 1;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return status;
}

Process start_process(int listen_fd, const PoolOptions& options, bool watched,
                      const ServiceFactory& service, const Logger& log,
                      const std::function<void()>& in_child) {
  auto [read_end, write_end] = make_pipe();
  const pid_t master = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw system_error(errno, "starting", "a worker process");
  if (pid == 0) {
    read_end.reset();
    in_child();
    be_child(master, listen_fd, options, service, log, watched, write_end);
  }
  Process process;
  process.pid = pid;
  process.pipe = std::move(read_end);
  process.started = Clock::now();
  return process;
}

}  // namespace metaset::fcgi
