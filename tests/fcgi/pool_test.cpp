#include "metaset/fcgi/pool.h"

#include <set>

#include <boost/test/unit_test.hpp>
#include <signal.h>

#include "pool_fixture.h"

namespace metaset::fcgi {
namespace {

BOOST_FIXTURE_TEST_SUITE(pools, PoolFixture)

BOOST_AUTO_TEST_CASE(starts_and_stops) {
  for (const unsigned processes : {0U, 1U, 3U}) {
    start(processes);
    const pid_t worker = worker_pid();
    BOOST_TEST((worker == master) == (processes == 0));
    signal(processes == 1 ? SIGINT : SIGTERM);
    BOOST_TEST(ended() == 0);
    BOOST_TEST(gone(worker));
  }
}

BOOST_AUTO_TEST_CASE(killed_workers_are_replaced) {
  start(1);
  std::set<pid_t> seen;
  for (int i = 0; i < 4; ++i) {
    const pid_t worker = worker_pid();
    BOOST_TEST(worker > 0);
    BOOST_TEST(seen.insert(worker).second);
    ::kill(worker, SIGKILL);
    BOOST_TEST(gone(worker));
  }
  BOOST_TEST(worker_pid() > 0);
  BOOST_TEST(logged().find("signal 9") != std::string::npos);
}

// As nginx does: a kept connection that ends before anything of an answer came is no failure, the
// request goes to a new one.
struct Client {
  std::string path;
  std::unique_ptr<FcgiClient> connection = nullptr;
  int answered = 0;
  int dropped = 0;

  void ask() {
    if (connection) {
      const Answer answer = connection->ask("/bytes/2000");
      if (answer.ended) {
        ++answered;
        return;
      }
      if (!answer.output.empty()) ++dropped;
    }
    connection = std::make_unique<FcgiClient>(path);
    if (connection->ask("/bytes/2000").ended) {
      ++answered;
    } else {
      ++dropped;
    }
  }
};

BOOST_AUTO_TEST_CASE(renewing_drops_no_request) {
  start(2);
  const pid_t before = worker_pid();
  std::atomic<bool> done = false;
  std::vector<Client> clients(8);
  for (Client& client : clients) client.path = path;
  std::vector<std::thread> threads;
  for (Client& client : clients) {
    threads.emplace_back([&] {
      while (!done) client.ask();
    });
  }
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(milliseconds(150));
    signal(SIGHUP);
  }
  std::this_thread::sleep_for(milliseconds(300));
  done = true;
  for (std::thread& thread : threads) thread.join();
  int answered = 0;
  for (const Client& client : clients) {
    BOOST_TEST(client.dropped == 0);
    answered += client.answered;
  }
  // A tenth of what a slow machine does: how fast it is, is not the question.
  BOOST_TEST(answered > 100);
  BOOST_TEST(gone(before));
  signal(SIGTERM);
  BOOST_TEST(ended() == 0);
}

BOOST_AUTO_TEST_CASE(renewing_lets_slow_requests_end) {
  start(1);
  FcgiClient slow(path);
  BOOST_REQUIRE(slow.ask("/bytes/1").ended);
  slow.send(request_bytes("/sleep/700"));
  std::this_thread::sleep_for(milliseconds(100));
  signal(SIGHUP);
  std::this_thread::sleep_for(milliseconds(200));
  BOOST_TEST(worker_pid() > 0);
  BOOST_TEST(slow.receive().ended);
}

BOOST_AUTO_TEST_CASE(renewing_while_many_wait) {
  start(1);
  const pid_t before = worker_pid();
  std::vector<std::unique_ptr<FcgiClient>> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(std::make_unique<FcgiClient>(path));
    BOOST_REQUIRE(waiting.back()->send(request_bytes("/wait/2000")));
  }
  FcgiClient kept(path);
  BOOST_REQUIRE(kept.ask("/bytes/1").ended);  // with both threads waiting
  signal(SIGHUP);
  pid_t now = before;
  BOOST_TEST(becomes([&] { return (now = worker_pid()) != before; }));
  BOOST_TEST(now > 0);
  BOOST_TEST(kept.ask("/bytes/1").ended);
  for (auto& client : waiting) BOOST_TEST(client->receive().ended);
  BOOST_TEST(gone(before));
  signal(SIGTERM);
  BOOST_TEST(ended() == 0);
}

BOOST_AUTO_TEST_CASE(successors_that_cannot_start_change_nothing) {
  const std::string broken = directory.path() + "/broken";
  start(1, [broken] {
    if (file_info(broken)) throw Error(Code::kInvalid, "it is broken");
    return test_handlers();
  });
  const pid_t before = worker_pid();
  write_file_atomically(broken, "", false);
  signal(SIGHUP);
  BOOST_TEST(becomes([this] { return logged().find("it is broken") != std::string::npos; }));
  std::this_thread::sleep_for(milliseconds(100));
  BOOST_TEST(worker_pid() == before);
  remove_file(broken);
  signal(SIGHUP);
  BOOST_TEST(gone(before));
  BOOST_TEST(worker_pid() > 0);
}

BOOST_AUTO_TEST_CASE(a_signal_to_renew_is_for_the_master) {
  start(1);
  const pid_t worker = worker_pid();
  ::kill(worker, SIGHUP);
  std::this_thread::sleep_for(milliseconds(200));
  BOOST_TEST(worker_pid() == worker);
}

BOOST_AUTO_TEST_CASE(what_never_starts_ends_the_pool) {
  start(2, []() -> http::HandlerFactory { throw Error(Code::kInvalid, "no repository"); });
  BOOST_TEST(ended() == 1);
  BOOST_TEST(logged().find("no repository") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(workers_that_do_not_stop_are_killed) {
  start(
      1, [] { return test_handlers(); }, milliseconds(300));
  const pid_t worker = worker_pid();
  FcgiClient slow(path);
  slow.send(request_bytes("/sleep/60000"));
  std::this_thread::sleep_for(milliseconds(100));
  signal(SIGTERM);
  BOOST_TEST(ended() >= 0);
  BOOST_TEST(gone(worker));
}

BOOST_AUTO_TEST_CASE(workers_end_with_their_master) {
  start(2);
  const pid_t worker = worker_pid();
  signal(SIGKILL);
  ended();
  BOOST_TEST(gone(worker));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
