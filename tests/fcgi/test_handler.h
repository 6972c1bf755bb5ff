// A handler whose answers the path asks for, and a socket to reach it at.
//   /bytes/N  N bytes      /echo  the request body      /ignore  "ignored", the body is not read
//   /sleep/N  after N milliseconds      /abort  half an answer      /pid  the process
//   /hold     when the gate is open
//   /wait/N   as sleep, but the gateway is told that it waits      /await  so with the gate
//   /last/N   N bytes, then the connection is of no more use
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/log.h"
#include "metaset/fcgi/listener.h"
#include "metaset/fcgi/worker.h"
#include "metaset/http/request.h"

namespace metaset::fcgi {

// Holds requests until it is opened, so that a test need not look at a clock. Whoever has it must
// open it before the worker ends.
class Gate {
 public:
  void open() {
    open_ = true;
    open_.notify_all();
  }
  void close() { open_ = false; }
  void pass() const { open_.wait(false); }

 private:
  std::atomic<bool> open_ = false;
};

class TestHandler : public http::Handler {
 public:
  explicit TestHandler(Gate* gate = nullptr) : gate_(gate) {}
  void handle(http::Gateway& gateway) noexcept override {
    try {
      http::Request request(gateway);
      const std::string uri(request[http::Param::kUri]);
      const std::size_t slash = uri.find('/', 1);
      const std::string word = uri.substr(0, slash);
      const int number = slash == std::string::npos ? 0 : std::stoi(uri.substr(slash + 1));
      std::string body = "ignored";
      if (word == "/bytes" || word == "/last") body.assign(static_cast<std::size_t>(number), 'b');
      if (word == "/echo") body = request.read_body(std::uint64_t{1} << 30);
      if (word == "/pid") body = std::to_string(::getpid());
      if (word == "/sleep") std::this_thread::sleep_for(std::chrono::milliseconds(number));
      if (word == "/hold") gate_->pass();
      if (word == "/wait" || word == "/await") {
        const http::Waiting waiting(gateway);
        if (word == "/await") gate_->pass();
        std::this_thread::sleep_for(std::chrono::milliseconds(number));
      }
      const std::array<std::string_view, 2> parts = {"Status: 200 OK\r\n\r\n", body};
      gateway.write(parts);
      if (word == "/last") gateway.close_after();
      if (word == "/abort") gateway.abort();
    } catch (const std::exception&) {
      gateway.abort();
    }
  }

 private:
  Gate* gate_;
};

// The gate, if there is one, must outlive them.
inline http::HandlerFactory test_handlers(Gate* gate = nullptr) {
  return [gate] { return std::make_unique<TestHandler>(gate); };
}

// A socket in a directory of its own, and a log.
struct SocketFixture {
  SocketFixture()
      : path(directory.path() + "/socket"),
        log_file(open_file(directory.path() + "/log", O_CREAT | O_RDWR | O_APPEND)),
        log(log_file.get(), "test"),
        listener(Listener::open(path, 0600)) {}
  std::string logged() const { return read_file(directory.path() + "/log", 1 << 20); }

  TemporaryDirectory directory;
  std::string path;
  Fd log_file;
  Logger log;
  Listener listener;
};

}  // namespace metaset::fcgi
