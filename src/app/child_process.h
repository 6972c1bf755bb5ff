// A program that this process started and answers for.
//
// A child ends with its parent, however that dies (Linux: PR_SET_PDEATHSIG, so the parent must not
// be a thread that ends early), and its own children end with it. It is in a process group of its
// own: Ctrl-C reaches the parent only, which stops its children in order. Thread-safety: one
// thread. Errors: system errors of starting, naming the program.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "metaset/base/file.h"

namespace metaset::app {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct ChildOptions {
  std::vector<std::string> arguments;            // arguments[0] is the path of the program
  std::vector<std::string> environment;          // NAME=value, besides our own
  std::vector<std::pair<int, int>> descriptors;  // ours, and the number that it has in the child
  std::optional<Account> account;                // to become; nullopt: who we are
  // What root may do to files stays allowed when the program makes itself somebody else, and to
  // what it runs then (Linux: securebits, ambient capabilities).
  bool keep_privileges = false;
  int remainder_signal = SIGTERM;  // for its own children, if it has ended without them
};

class ChildProcess {
 public:
  // `name` is for messages. Returns when the program runs.
  ChildProcess(std::string name, const ChildOptions& options);
  ~ChildProcess() { kill(); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  const std::string& name() const { return name_; }
  int fd() const { return pidfd_.get(); }  // readable when it has ended
  void signal(int number) const;
  // True if it has ended; waits up to `limit`.
  bool wait_for(std::chrono::milliseconds limit);
  // Without asking: it and the processes that it started.
  void kill();
  // "nginx ended with status 1", "metaset-serve was killed by signal 9"; only after it has ended.
  std::string how_it_ended() const;

 private:
  std::string name_;
  int remainder_signal_;
  pid_t pid_ = -1;
  Fd pidfd_;
  std::optional<int> status_;
};

}  // namespace metaset::app
