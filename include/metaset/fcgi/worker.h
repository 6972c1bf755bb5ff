// The threads of one process that answer FastCGI requests.
//
// There is one epoll set: the listening socket and every idle connection, kept ones too, so that a
// connection never waits for a certain thread, and an idle one occupies none. As many threads as
// there are processors wait on it; waking another one for each request would cost more than most
// requests do. libfcgi does the framing of one request at a time; it never accepts and never closes
// a connection that is in order. What a peer sends is checked before libfcgi reads it: what is not
// FastCGI, or has too large parameters, ends the connection, with a line in the log. What it says
// is believed: the peer is the web server.
//
// A thread whose handler waits (http::Waiting) has a substitute meanwhile, with a handler of its
// own: waits do not keep other requests from being answered.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "metaset/base/log.h"
#include "metaset/http/gateway.h"

namespace metaset::fcgi {

struct WorkerOptions {
  unsigned threads = 4;
  // How many of them take requests at the same moment; the others stand in for those that are busy
  // for more than a millisecond or wait. 0: as many as there are processors.
  unsigned takers = 0;
  unsigned max_substitutes = 64;  // at most, for threads that wait; more of them just wait
  // How long a peer may be silent: from the first byte of a request to the end of its parameters,
  // between two pieces of a body, and while it does not read.
  std::chrono::milliseconds head_timeout{2000};
  std::chrono::milliseconds body_timeout{30000};
  std::chrono::milliseconds send_timeout{30000};
  // If there is one: called once in each interval (a quarter of a second at most), by a thread of
  // its own, while this process is able to give requests to its threads. Must not throw. (All of
  // them may be busy: that is no fault.)
  std::function<void()> alive;
  std::chrono::milliseconds alive_interval{250};
};

// Thread-safety: stop() and finished() from any thread, the rest from the one that made it.
class Worker {
 public:
  // Starts answering; returns when every thread has its handler. The descriptor (a listening,
  // non-blocking socket) and the logger must outlive the worker. Throws what the factory throws.
  Worker(int listen_fd, const WorkerOptions& options, const http::HandlerFactory& factory,
         const Logger& log);
  ~Worker();  // stops and waits
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Begins to stop: no new connections but those that wait already; requests that have begun or
  // have arrived are answered, then every connection is closed. Returns at once.
  void stop();
  // Waits until all of that is done; false if it is not within `limit`.
  bool wait_for(std::chrono::milliseconds limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace metaset::fcgi
