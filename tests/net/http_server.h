// A real server on loopback whose answers a test writes byte by byte, also wrong ones.
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metaset/base/file.h"

namespace metaset::net {

class TestServer {
 public:
  // One request: what was asked, and the connection to answer on. The connection is closed then.
  class Request {
   public:
    Request(int fd, std::string head, const std::atomic<bool>& stopping)
        : fd_(fd), head_(std::move(head)), stopping_(stopping) {}
    const std::string& head() const { return head_; }
    std::string path() const {
      const std::size_t begin = head_.find(' ') + 1;
      return head_.substr(begin, head_.find(' ', begin) - begin);
    }
    // False: the client is gone.
    bool send(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    void reply(std::string_view status, std::string_view body, std::string_view fields = {}) const {
      send("HTTP/1.1 " + std::string(status) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" +
           std::string(fields) + "\r\n" + std::string(body));
    }
    // Until the client goes away or the test ends.
    void stall() const {
      pollfd peer{fd_, POLLRDHUP, 0};
      while (!stopping_ && ::poll(&peer, 1, 20) == 0) {
      }
    }

   private:
    int fd_;
    std::string head_;
    const std::atomic<bool>& stopping_;
  };
  using Handler = std::function<void(const Request& request)>;

  explicit TestServer(Handler handler) : handler_(std::move(handler)) {
    socket_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE(::bind(socket_.get(), any, size) == 0);
    BOOST_REQUIRE(::listen(socket_.get(), 16) == 0);
    BOOST_REQUIRE(::getsockname(socket_.get(), any, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~TestServer() {
    stopping_ = true;
    thread_.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url(std::string_view path = {}) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  unsigned requests() const { return requests_; }

 private:
  void run() {
    std::vector<std::jthread> connections;
    while (!stopping_) {
      pollfd listener{socket_.get(), POLLIN, 0};
      if (::poll(&listener, 1, 20) <= 0) continue;
      const int fd = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections.emplace_back([this, fd] { serve(Fd(fd)); });
    }
  }
  void serve(const Fd& fd) {
    std::string head;
    char block[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(fd.get(), block, sizeof block, 0);
      if (got <= 0) return;
      head.append(block, static_cast<std::size_t>(got));
    }
    ++requests_;
    handler_(Request(fd.get(), head, stopping_));
  }

  Handler handler_;
  Fd socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<unsigned> requests_ = 0;
  std::thread thread_;
};

}  // namespace metaset::net
