// An environment in a temporary directory, and work that another process does in it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/lmdb/lmdb.h"

namespace metaset::lmdb {

constexpr std::uint64_t kMiB = 1 << 20;

inline EnvOptions writing(std::uint64_t map_size = 64 * kMiB) {
  EnvOptions options;
  options.read_only = false;
  options.sync = false;
  options.map_size = map_size;
  return options;
}

inline EnvOptions reading(std::uint64_t map_size = 64 * kMiB) {
  EnvOptions options = writing(map_size);
  options.read_only = true;
  return options;
}

// The only environment of its directory: LMDB wants one per process.
struct Fixture {
  Env& open(const EnvOptions& options = writing(),
            const std::vector<std::string>& tables = {"first", "second"}) {
    env.reset();
    env = std::make_unique<Env>(directory.path(), options, tables);
    return *env;
  }
  Table table(std::size_t position = 0) const { return env->table(position); }
  void put(std::string_view key, std::string_view value) {
    WriteTxn txn(*env);
    txn.put(table(), key, value);
    txn.commit();
  }
  std::string get(std::string_view key) const {
    const ReadTxn txn(*env);
    return std::string(txn.get(table(), key).value_or("(none)"));
  }

  TemporaryDirectory directory;
  std::unique_ptr<Env> env;
};

// A process that waits until it is told to do its work. Made before the environment is opened,
// because that must not cross a fork.
class OtherProcess {
 public:
  explicit OtherProcess(const std::function<void()>& work) {
    BOOST_REQUIRE_EQUAL(::pipe(pipe_), 0);
    pid_ = ::fork();
    BOOST_REQUIRE_GE(pid_, 0);
    if (pid_ != 0) return;
    char byte = 0;
    int status = 1;
    if (::read(pipe_[0], &byte, 1) == 1) {
      try {
        work();
        status = 0;
      } catch (const std::exception&) {
        status = 2;
      }
    }
    ::_exit(status);  // as if killed: nothing is destroyed
  }
  ~OtherProcess() {
    if (!done_) run();
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  // True if the work was done without an exception.
  bool run() {
    done_ = true;
    int status = 0;
    return ::write(pipe_[1], "", 1) == 1 && ::waitpid(pid_, &status, 0) == pid_ && status == 0;
  }

 private:
  int pipe_[2] = {-1, -1};
  pid_t pid_ = -1;
  bool done_ = false;
};

// True if the call throws an Error of that code whose message has the text.
template <typename Call>
bool fails(Code code, std::string_view text, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    BOOST_TEST_MESSAGE(code_name(error.code()) << ": " << error.message());
    return error.code() == code && error.message().find(text) != std::string::npos;
  }
  BOOST_TEST_MESSAGE("nothing was thrown");
  return false;
}

}  // namespace metaset::lmdb
