#include "fcgi/process.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
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
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(errno, "making", "a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

[[noreturn]] void be_child(pid_t master, int listen_fd, const PoolOptions& options,
                           const ServiceFactory& service, const Logger& log, Fd ready_pipe) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The master may have ended before that.
  if (::getppid() != master) ::_exit(1);
  const int status = serve_here(listen_fd, options, service, log, [&] {
    write_all(ready_pipe.get(), "r", "the master's pipe");
    ready_pipe.reset();
  });
  // Not exit(3): what the master registered to happen at its end is not ours.
  ::_exit(status);
}

}  // namespace

bool Process::note_ready() {
  if (!ready_pipe) return false;
  pollfd event = {ready_pipe.get(), POLLIN, 0};
  if (::poll(&event, 1, 0) != 1) return false;
  char byte = 0;
  const bool ready = ::read(ready_pipe.get(), &byte, 1) == 1;
  ready_pipe.reset();
  return ready;
}

int serve_here(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
               const Logger& log, const std::function<void()>& ready) {
  const sigset_t set = stop_signals();
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  int status = 0;
  try {
    const http::HandlerFactory factory = service();
    Worker worker(listen_fd, options.worker, factory, log);
    ready();
    int signal = 0;
    ::sigwait(&set, &signal);
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

Process start_process(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
                      const Logger& log, const std::function<void()>& in_child) {
  auto [read_end, write_end] = make_pipe();
  const pid_t master = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw system_error(errno, "starting", "a worker process");
  if (pid == 0) {
    read_end.reset();
    in_child();
    be_child(master, listen_fd, options, service, log, std::move(write_end));
  }
  Process process;
  process.pid = pid;
  process.ready_pipe = std::move(read_end);
  process.started = Clock::now();
  return process;
}

}  // namespace metaset::fcgi
