// One forked worker process as its master sees it, for this directory.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include <sys/types.h>

#include "metaset/base/file.h"
#include "metaset/base/log.h"
#include "metaset/fcgi/pool.h"

namespace metaset::fcgi {

using Clock = std::chrono::steady_clock;

struct Process {
  pid_t pid = -1;
  Fd pipe;  // readable once the worker answers, or has ended
  Clock::time_point started;
  Clock::time_point kill_at = Clock::time_point::max();
  bool ready = false;                         // it has said that it answers
  std::optional<Clock::time_point> heard_at;  // when something was, last
  bool killed = false;                        // because nothing was

  // Takes what the worker has said; does not wait. True if it said anything.
  bool listen();
};

// Forks. In the child: calls `in_child` (to let go of what is the master's), serves until it is
// told to stop, and ends the process. If it is `watched` it says again and again that it is alive.
// kIo if it cannot fork.
Process start_process(int listen_fd, const PoolOptions& options, bool watched,
                      const ServiceFactory& service, const Logger& log,
                      const std::function<void()>& in_child);

// What happens to serve_here().
struct Events {
  std::function<void()> ready;     // it answers
  std::function<void()> stopping;  // it was told to stop
};

// Serves in this process until SIGTERM or SIGINT. Returns the exit status; failures to start are
// logged.
int serve_here(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
               const Logger& log, const Events& events);

}  // namespace metaset::fcgi
