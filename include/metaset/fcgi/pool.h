// A master process and its workers.
//
// SIGHUP starts new workers and stops the old ones when these are ready; SIGTERM and SIGINT stop
// all, a second time without waiting. Workers that die are replaced, ever more slowly if they die
// young. Workers end when the master does. The listening socket stays open throughout.
//
// A service manager is told when all workers answer, when they are renewed, and when they stop. If
// it has a watchdog, a worker that shows no sign of life for that long is killed and replaced, and
// the manager hears of life as long as there is any.
#pragma once

#include <chrono>
#include <functional>

#include "metaset/base/log.h"
#include "metaset/base/notify.h"
#include "metaset/fcgi/worker.h"
#include "metaset/http/gateway.h"

namespace metaset::fcgi {

// Called in every worker process after the fork, before its threads start: opens what must not
// cross a fork. What it returns lives until the process ends.
using ServiceFactory = std::function<http::HandlerFactory()>;

// Of all workers together; not more are there when all are renewed at once than twice as many. Each
// may take a reader of the databases (lmdb::EnvOptions::max_readers), and most are for the threads.
inline constexpr unsigned kMaxSubstitutes = 512;

struct PoolOptions {
  unsigned processes = 1;  // 0: answer in this process, without a master
  WorkerOptions worker;    // max_substitutes and takers of 0 become the share of one process
  std::chrono::milliseconds stop_timeout{10000};  // for requests under way, then SIGKILL
  Notifier notifier;                              // the service manager
};

// Runs until it is told to stop; the caller has no other threads. Returns the exit status: 0, or 1
// if the first workers could not start (logged) or had to be killed.
int run_pool(int listen_fd, const PoolOptions& options, const ServiceFactory& service,
             const Logger& log);

}  // namespace metaset::fcgi
