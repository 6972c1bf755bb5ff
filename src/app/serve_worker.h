// One of the worker programs of `metaset serve`, and the socket that nginx reaches it through.
//
// The socket is ours and inherited by the program: requests that arrive while it starts or is
// replaced wait in the socket instead of being refused. Thread-safety: one thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metaset/fcgi/listener.h"

#include "child_process.h"

namespace metaset::app {

class ServeWorker {
 public:
  // `arguments`: the path of the program and its options. Makes the socket at the path `socket` for
  // the account; starts nothing yet.
  ServeWorker(std::string name, std::vector<std::string> arguments, const std::string& socket,
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
  fcgi::Listener socket_;
  std::unique_ptr<ChildProcess> process_;
  std::optional<std::chrono::steady_clock::time_point> restarted_;
};

}  // namespace metaset::app
