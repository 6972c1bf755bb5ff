// The epoll set of a worker: the listening socket and all idle connections, for this directory.
//
// A connection is armed for one event at a time, so whichever thread gets it has it alone until it
// is given back. Thread-safety: any thread; close_all() see below.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>

#include "metaset/base/file.h"
#include "metaset/base/log.h"

namespace metaset::fcgi {

struct Connection {
  int fd = -1;
  bool used = false;  // a request came over it
  std::list<Connection>::iterator place;
};

class Connections {
 public:
  enum class Event { kNothing, kListener, kConnection, kStop };
  struct Ready {
    Event event = Event::kNothing;
    Connection* connection = nullptr;
  };
  // What an idle connection has to say. kRequest: something, which RecordGuard is to look at.
  enum class State { kSilent, kRequest, kGone };

  // Neither is owned.
  Connections(int listen_fd, const Logger& log);
  ~Connections();  // closes all
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Waits for the next event; kNothing if there is none within `limit` (negative: no limit).
  Ready wait(std::chrono::milliseconds limit);
  // After kListener, until it is nullptr: nothing tells of those that are left waiting. Out of
  // descriptors or memory: logs, and does not listen until listen_again() is called, which somebody
  // has to do now and then.
  Connection* accept() noexcept;
  void listen_again();
  static State look(const Connection& connection);
  // Back into the set; closed and forgotten if that fails.
  void watch(Connection* connection) noexcept;
  // After its descriptor was closed.
  void forget(Connection* connection) noexcept;
  void close(Connection* connection) noexcept;

  // No new connections from now on, but for those that have arrived: they are in the set. Nothing
  // else would tell of them, since who else listens was not woken for them.
  void stop_listening();
  // After that: every wait() returns kStop, sooner or later.
  void shut_down();
  // Calls last_request for every connection that has something to read, then closes all. The first
  // request of a new connection is on its way, it is waited for, but not longer than `patience` for
  // all of them. Only when no other thread uses the set any more. last_request closes the
  // descriptor.
  void close_all(std::chrono::milliseconds patience,
                 const std::function<void(int fd)>& last_request);

 private:
  bool control(int operation, int fd, std::uint32_t events, void* data) const;
  bool watch_listener();
  void pause_listening(const char* reason) noexcept;

  int listen_fd_;
  const Logger& log_;
  Fd epoll_;
  Fd stop_;
  std::mutex listening_;  // of the next two, and of the listening socket in the set
  bool paused_ = false;
  bool stopping_ = false;
  std::mutex mutex_;  // of all_, which changes only with new and closed connections
  std::list<Connection> all_;
};

}  // namespace metaset::fcgi
