// Runs the workers and a web server for `metaset serve`: starts them, waits until the depot
// answers, keeps them running until it is told to stop, stops them in order, leaves nothing behind.
//
// All sockets are ours and inherited by the children, if they can take them over: a port that is
// taken is known before anything is started, and port 0 has no race. Thread-safety: one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metaset/fcgi/listener.h"

#include "child_process.h"
#include "run_directory.h"
#include "serve_options.h"
#include "serve_signals.h"
#include "serve_web.h"
#include "serve_worker.h"

namespace metaset::app {

class Supervisor {
 public:
  // Binds the ports and writes the configuration; starts nothing yet. kExists if one is taken.
  Supervisor(ServeOptions options, ServePrograms programs);
  ~Supervisor();

  // Until SIGINT or SIGTERM; the second one does not wait for requests under way. SIGHUP renews the
  // workers and opens the access log again. `advice` goes to standard error when the addresses are
  // printed. kUnavailable with the reason if the depot did not start or ended.
  void run(const std::string& advice);

 private:
  void make_workers();
  void make_wrappers();
  void write_files() const;
  WebContext context() const;
  void start_web();
  void announce(const std::string& advice) const;
  std::string url(const fcgi::Listener& port) const;
  bool wait_until_ready();
  // The last answer of that port; empty if there was none.
  std::string last_answer(const fcgi::Listener& port) const;
  // Waits for an event, up to `limit`. False: told to stop.
  bool attend(std::chrono::milliseconds limit);
  bool handle_signals();
  void stop();
  void stop_child(ChildProcess& child, int signal);

  ServeOptions options_;
  ServePrograms programs_;
  std::optional<Account> account_;
  SignalEvents signals_;
  RunDirectory directory_;
  ServePlaces places_;
  std::unique_ptr<WebServer> server_;
  std::vector<fcgi::Listener> ports_;  // of the depot, and to publish to; none when it stops
  std::vector<ServeWorker> workers_;
  const bool has_terminal_;
  std::unique_ptr<ChildProcess> web_;
  bool hurried_ = false;
};

}  // namespace metaset::app
