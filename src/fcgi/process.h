// One forked worker process as its master sees it, for this directory.
#pragma once

#include <chrono>
#include <functional>

#include <sys/types.h>

#include "metaset/base/file.h"
#include "metaset/base/log.h"
#include "metaset/fcgi/pool.h"

namespace metaset::fcgi {

using Clock = std::chrono::steady_clock;

struct Process {
  pid_t pid = -1;
  Fd ready_pipe;  // readable once the worker answers, or has ended
  Clock::time_point started;
  Clock::time_point kill_at = Clock::time_point::max();

  // Does not wait. True once: when the worker has said that it answers.
  bool note_ready();
};

// Forks. In the child: calls `in_child` (to let go of what is the master's), serves until it is
// told to stop, and ends the process. kIo if it cannot fork.
Process start_process(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
                      const Logger& log, const std::function<void()>& in_child);

// Serves in this process until SIGTERM or SIGINT; `ready` is called when it answers. Returns the
// exit status; failures to start are logged.
int serve_here(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
               const Logger& log, const std::function<void()>& ready);

}  // namespace metaset::fcgi
