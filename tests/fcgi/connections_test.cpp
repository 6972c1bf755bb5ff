// Who takes connections, when several processes listen and one of them stops or has no room.
#include "fcgi/connections.h"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include "fcgi_client.h"
#include "test_handler.h"

namespace metaset::fcgi {
namespace {

using std::chrono::milliseconds;
using Event = Connections::Event;

constexpr milliseconds kAtMost{10'000};

// No new descriptor as long as it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

BOOST_FIXTURE_TEST_SUITE(connections, SocketFixture)

BOOST_AUTO_TEST_CASE(who_stops_takes_what_has_arrived) {
  Connections stopping(listener.fd(), log);
  FcgiClient client(path);
  BOOST_REQUIRE(client.send(request_bytes("/bytes/1")));
  stopping.stop_listening();
  const auto ready = stopping.wait(kAtMost);
  BOOST_REQUIRE((ready.event == Event::kConnection));
  BOOST_TEST((Connections::look(*ready.connection) == Connections::State::kRequest));
  // What comes later is for others.
  FcgiClient late(path);
  BOOST_TEST((stopping.wait(milliseconds(20)).event == Event::kNothing));
}

// Takes what comes, and closes it when it says something.
class Taker {
 public:
  Taker(int listen_fd, const Logger& log)
      : connections(listen_fd, log), thread_([this] { take(); }) {}
  ~Taker() {
    connections.stop_listening();
    connections.shut_down();
    thread_.join();
  }
  Connections connections;

 private:
  void take() {
    while (true) {
      const auto ready = connections.wait(kAtMost);
      if (ready.event == Event::kStop) return;
      if (ready.event == Event::kConnection) connections.close(ready.connection);
      while (ready.event == Event::kListener) {
        Connection* const next = connections.accept();
        if (next == nullptr) break;
        connections.watch(next);
      }
    }
  }
  std::thread thread_;
};

// The kernel wakes one of those that wait, and that is the one which stops just then.
BOOST_AUTO_TEST_CASE(a_connection_is_not_forgotten_while_one_stops) {
  int forgotten = 0;
  for (int round = 0; round < 200; ++round) {
    Taker stopping(listener.fd(), log);
    Taker staying(listener.fd(), log);
    std::this_thread::sleep_for(milliseconds(1));
    FcgiClient client(path);
    stopping.connections.stop_listening();
    client.send(request_bytes("/bytes/1"));
    if (!client.closed_within(kSoon)) ++forgotten;
  }
  BOOST_TEST(forgotten == 0);
}

// One thread finds no descriptor left while another one wants to listen again.
BOOST_AUTO_TEST_CASE(a_pause_ends) {
  Connections connections(listener.fd(), log);
  FcgiClient client(path);
  int lost = 0;
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> done = false;
    {
      std::thread accepts([&] {
        const NoDescriptors none;
        connections.accept();
        done = true;
      });
      while (!done) connections.listen_again();
      accepts.join();
    }
    connections.listen_again();
    if (connections.wait(milliseconds(0)).event != Event::kListener) ++lost;
  }
  BOOST_TEST(lost == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
