// Runs the workers and nginx for `metaset serve`: starts both, waits until the depot answers, keeps
// them running until it is told to stop, stops them in order, leaves nothing behind.
//
// Both sockets are ours and inherited by the children: a port that is taken is known before
// anything is started, port 0 has no race, and requests that arrive while the workers start or are
// replaced wait in the socket instead of being refused. Thread-safety: one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "metaset/fcgi/listener.h"

#include "child_process.h"
#include "serve_config.h"
#include "serve_options.h"
#include "serve_signals.h"

namespace metaset::app {

// A new private directory below XDG_RUNTIME_DIR or TMPDIR, removed with its content.
class RunDirectory {
 public:
  explicit RunDirectory(const std::optional<Account>& owner);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Supervisor {
 public:
  // Binds the port and writes the configuration; starts nothing yet. kExists if the port is taken.
  Supervisor(ServeOptions options, ServePrograms programs);
  ~Supervisor();

  // Until SIGINT or SIGTERM; the second one does not wait for requests under way. SIGHUP renews the
  // workers and opens the access log again. kUnavailable with the reason if the depot did not start
  // or ended.
  void run();

 private:
  std::string url() const;
  void write_files() const;
  void start_workers();
  void start_nginx();
  bool wait_until_ready();
  // Waits for an event, up to `limit`. False: told to stop.
  bool attend(std::chrono::milliseconds limit);
  bool handle_signals();
  void check_children();
  void stop();
  void stop_child(ChildProcess& child, int signal);

  ServeOptions options_;
  ServePrograms programs_;
  std::optional<Account> account_;
  SignalEvents signals_;
  RunDirectory directory_;
  ServePlaces places_;
  std::optional<fcgi::Listener> http_;  // until it stops
  fcgi::Listener workers_socket_;
  const bool has_terminal_;
  std::unique_ptr<ChildProcess> workers_, nginx_;
  std::optional<std::chrono::steady_clock::time_point> restarted_;
  bool hurried_ = false;
};

}  // namespace metaset::app
