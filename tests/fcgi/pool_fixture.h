// A pool of workers in a process of its own.
#pragma once

#include <cstdlib>
#include <string>
#include <thread>

#include <signal.h>
#include <sys/wait.h>

#include "metaset/fcgi/pool.h"

#include "fcgi_client.h"
#include "test_handler.h"

namespace metaset::fcgi {

using std::chrono::milliseconds;

struct PoolFixture : SocketFixture {
  void start(
      unsigned processes, ServiceFactory service = [] { return test_handlers(); },
      milliseconds stop_timeout = kSoon) {
    PoolOptions options;
    options.notifier = Notifier::from_environment();
    options.processes = processes;
    options.worker.threads = 2;
    options.stop_timeout = stop_timeout;
    master = ::fork();
    if (master == 0) ::_exit(run_pool(listener.fd(), options, service, log));
  }
  ~PoolFixture() {
    if (master > 0) {
      ::kill(master, SIGKILL);
      ::waitpid(master, nullptr, 0);
    }
  }
  void signal(int number) const { ::kill(master, number); }
  // The exit status, or -1 if it does not end.
  int ended() {
    int status = 0;
    if (!becomes([&] { return ::waitpid(master, &status, WNOHANG) == master; })) return -1;
    master = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  pid_t worker_pid() {
    const Answer answer = FcgiClient(path).ask("/pid", {}, false);
    return answer.ended ? std::stoi(answer.body()) : 0;
  }
  static bool gone(pid_t pid) {
    return becomes([pid] { return ::kill(pid, 0) != 0; });
  }

  pid_t master = -1;
};

}  // namespace metaset::fcgi
