// Processes that are killed, for these tests.
#pragma once

#include <csignal>
#include <functional>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

namespace metaset::group {

// Runs `body`, which never ends by itself, until it is killed.
class Victim {
 public:
  explicit Victim(const std::function<void()>& body) : pid_(::fork()) {
    if (pid_ != 0) return;
    body();
    ::_exit(0);
  }
  ~Victim() { kill(); }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

}  // namespace metaset::group
