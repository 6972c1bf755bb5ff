// One of the worker programs of `metaset serve`, or fcgiwrap in their place, and the socket that
// the web server reaches it through.
//
// The socket is ours and inherited by the program, and several may share it: requests that arrive
// while it starts or is replaced wait in the socket instead of being refused. Thread-safety: one
// thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metaset/fcgi/listener.h"

#include "child_process.h"

namespace metaset::app {

using WorkerSocket = std::shared_ptr<const fcgi::Listener>;

// At that path, for the account.
WorkerSocket open_worker_socket(const std::string& path, const std::optional<Account>& account);

class ServeWorker {
 public:
  // `arguments`: the path of the program and its options. Starts nothing yet.
  ServeWorker(std::string name, std::vector<std::string> arguments, WorkerSocket socket,
              std::optional<Account> account);

  void start();
  // nullptr if it was never started.
  ChildProcess* process() const { return process_.get(); }
  // Starts it again if it has ended; kUnavailable with the reason if that happened shortly before.
  void keep_running();

 private:
  std::string name_;
  std::vector<std::string> arguments_;
  std::optional<Account> account_;
  WorkerSocket socket_;
  std::unique_ptr<ChildProcess> process_;
  std::optional<std::chrono::steady_clock::time_point> restarted_;
};

}  // namespace metaset::app
