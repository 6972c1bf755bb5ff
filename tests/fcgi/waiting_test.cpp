// Threads that wait, and those that take requests meanwhile.
#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "fcgi_client.h"
#include "test_handler.h"

namespace metaset::fcgi {
namespace {

using std::chrono::milliseconds;
using Clients = std::vector<std::unique_ptr<FcgiClient>>;

// Counts the handlers that there are.
struct WaitingFixture : SocketFixture {
  struct Counted : TestHandler {
    Counted(std::atomic<int>& count, Gate& gate) : TestHandler(&gate), count_(count) { ++count_; }
    ~Counted() override { --count_; }
    std::atomic<int>& count_;
  };

  void start(unsigned max_substitutes) {
    WorkerOptions options;
    options.threads = 2;
    options.takers = 1;  // as the pool has it
    options.max_substitutes = max_substitutes;
    worker.emplace(
        listener.fd(), options, [this] { return make(); }, log);
  }
  std::unique_ptr<http::Handler> make() {
    if (broken) throw Error(Code::kUnavailable, "no handler today");
    return std::make_unique<Counted>(handlers, gate);
  }
  ~WaitingFixture() { gate.open(); }
  // Clients whose requests have begun to wait: `seen` handlers are there.
  Clients wait(int count, int seen) {
    gate.close();
    Clients clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<FcgiClient>(path));
      BOOST_REQUIRE(clients.back()->send(request_bytes("/await")));
    }
    BOOST_REQUIRE(become(seen));
    return clients;
  }
  // True once there are so many handlers.
  bool become(int count) {
    return becomes([&] { return handlers == count; });
  }
  bool answers() { return FcgiClient(path).ask("/bytes/3").body() == "bbb"; }
  static bool is_waiting(const Clients& clients) {
    return std::ranges::none_of(clients, [](const auto& client) {
      pollfd event = {client->fd(), POLLIN, 0};
      return ::poll(&event, 1, 0) != 0;
    });
  }
  void all_answered(Clients& clients) {
    gate.open();
    for (auto& client : clients) BOOST_TEST(client->receive().ended);
  }
  // All threads wait.
  void next_is_answered_after(Clients& clients) {
    Clients next;
    next.push_back(std::make_unique<FcgiClient>(path));
    BOOST_REQUIRE(next.back()->send(request_bytes("/bytes/3")));
    std::this_thread::sleep_for(milliseconds(50));
    BOOST_TEST(is_waiting(next));
    all_answered(clients);
    BOOST_TEST(next.back()->receive().body() == "bbb");
  }

  Gate gate;
  std::atomic<int> handlers = 0;
  std::atomic<bool> broken = false;
  std::optional<Worker> worker;
};

BOOST_FIXTURE_TEST_SUITE(waiting, WaitingFixture)

BOOST_AUTO_TEST_CASE(others_are_answered_meanwhile) {
  start(64);
  FcgiClient kept(path);
  BOOST_REQUIRE(kept.ask("/bytes/1").ended);
  Clients clients = wait(20, 22);
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(answers());
    BOOST_TEST(kept.ask("/bytes/1").ended);
  }
  BOOST_TEST(is_waiting(clients));
  all_answered(clients);
  // Nobody needs them any more, and they go.
  BOOST_TEST(become(2));
  BOOST_TEST(answers());
}

BOOST_AUTO_TEST_CASE(substitutes_are_used_again) {
  start(64);
  Clients first = wait(3, 5);
  all_answered(first);
  Clients second = wait(3, 5);
  BOOST_TEST(answers());
  all_answered(second);
}

BOOST_AUTO_TEST_CASE(there_are_no_more_than_the_bound) {
  start(3);
  Clients clients = wait(12, 5);
  std::this_thread::sleep_for(milliseconds(200));
  BOOST_TEST(handlers == 5);
  next_is_answered_after(clients);
  BOOST_TEST(become(2));
}

BOOST_AUTO_TEST_CASE(none_at_all) {
  start(0);
  Clients clients = wait(2, 2);
  next_is_answered_after(clients);
  BOOST_TEST(handlers == 2);
}

BOOST_AUTO_TEST_CASE(without_a_handler_it_is_a_plain_wait) {
  start(64);
  broken = true;
  Clients clients = wait(2, 2);
  next_is_answered_after(clients);
  BOOST_TEST(logged().find("no handler today") != std::string::npos);
  broken = false;
  clients = wait(2, 4);
  BOOST_TEST(answers());
  all_answered(clients);
}

BOOST_AUTO_TEST_CASE(stopping_while_some_wait) {
  start(64);
  FcgiClient kept(path);
  FcgiClient idle(path);
  BOOST_REQUIRE(kept.ask("/bytes/1").ended);
  BOOST_REQUIRE(idle.ask("/bytes/1").ended);
  Clients clients = wait(20, 22);
  worker->stop();
  BOOST_TEST(!worker->wait_for(milliseconds(50)));
  // Who has a connection may still use it, once.
  BOOST_TEST(kept.ask("/bytes/1").ended);
  BOOST_TEST(kept.closed_within(kSoon));
  BOOST_TEST(is_waiting(clients));
  all_answered(clients);
  for (auto& client : clients) BOOST_TEST(client->closed_within(kSoon));
  BOOST_TEST(idle.closed_within(kSoon));
  BOOST_TEST(worker->wait_for(kSoon));
  BOOST_TEST(handlers == 0);
}

BOOST_AUTO_TEST_CASE(stopping_with_substitutes_that_are_not_needed) {
  start(64);
  Clients clients = wait(10, 12);
  all_answered(clients);
  worker->stop();
  BOOST_TEST(worker->wait_for(kSoon));
  BOOST_TEST(handlers == 0);
}

// Waits that come and go while the worker stops, over and over.
BOOST_AUTO_TEST_CASE(nothing_is_dropped_at_any_moment) {
  for (int round = 0; round < 10; ++round) {
    start(8);
    std::vector<std::thread> threads;
    std::atomic<int> connected = 0;
    std::atomic<int> dropped = 0;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        FcgiClient client(path);
        if (!client.ask("/bytes/1").ended) ++dropped;
        ++connected;
        // Until the connection is closed, which may happen between two answers only.
        Answer answer;
        for (int number = 0; number == 0 || answer.ended; ++number) {
          answer = client.ask(number % 3 == i % 3 ? "/wait/10" : "/bytes/100");
        }
        if (!answer.output.empty()) ++dropped;
      });
    }
    while (connected < 8) std::this_thread::sleep_for(milliseconds(1));
    std::this_thread::sleep_for(milliseconds(7 * round));
    worker->stop();
    BOOST_TEST(worker->wait_for(kSoon));
    for (std::thread& thread : threads) thread.join();
    worker.reset();
    BOOST_TEST(dropped == 0);
    BOOST_TEST(handlers == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_new_connection_has_its_first_request_answered) {
  start(0);
  FcgiClient early(path);
  BOOST_REQUIRE(answers());  // taken after it
  worker->stop();
  std::this_thread::sleep_for(milliseconds(100));
  BOOST_TEST(early.ask("/bytes/1").ended);
  BOOST_TEST(worker->wait_for(kSoon));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
