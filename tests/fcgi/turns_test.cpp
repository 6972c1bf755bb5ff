#include "fcgi/turns.h"

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include "fcgi_client.h"
#include "test_handler.h"

namespace metaset::fcgi {
namespace {

using std::chrono::milliseconds;
using TestClock = std::chrono::steady_clock;

constexpr milliseconds kNow{0};
constexpr milliseconds kForever{-1};

// A thread that waits for a turn, for so long.
struct Waiter {
  Waiter(Turns& turns, milliseconds limit)
      : thread([this, &turns, limit] {
          Turns::Place place(turns);
          got = place.take(limit);
          done = true;
          while (!leave) std::this_thread::sleep_for(milliseconds(1));
        }) {}
  ~Waiter() {
    leave = true;
    thread.join();
  }
  bool becomes_done() const {
    return becomes([this] { return done.load(); });
  }

  std::atomic<bool> got = false, done = false, leave = false;
  std::thread thread;
};

BOOST_AUTO_TEST_SUITE(turns)

BOOST_AUTO_TEST_CASE(so_many_and_no_more) {
  Turns turns(2);
  Turns::Place first(turns), second(turns), third(turns);
  BOOST_TEST(first.take(kNow));
  BOOST_TEST(second.take(kNow));
  BOOST_TEST(!third.take(milliseconds(5)));
  BOOST_TEST(first.take(kNow));  // it has it still
}

BOOST_AUTO_TEST_CASE(none_is_one) {
  Turns turns(0);
  Turns::Place first(turns), second(turns);
  BOOST_TEST(first.take(kNow));
  BOOST_TEST(!second.take(kNow));
}

BOOST_AUTO_TEST_CASE(a_turn_outlives_who_had_it) {
  Turns turns(1);
  Turns::Place second(turns);
  {
    Turns::Place first(turns);
    BOOST_TEST(first.take(kNow));
    BOOST_TEST(!second.take(kNow));
  }
  BOOST_TEST(second.take(kNow));
}

// Without the thread that looks after them, so that a busy machine makes no request slow.
BOOST_AUTO_TEST_CASE(the_quick_do_not_lose_it) {
  Turns turns(1);
  Turns::Place place(turns);
  BOOST_REQUIRE(place.take(kForever));
  Waiter waiter(turns, kSoon);
  BOOST_REQUIRE(becomes([&] { return turns.wanted(); }));
  for (int i = 0; i < 100; ++i) {
    for (int requests = 0; requests < i % 4; ++requests) {
      const Turns::Busy request(place);
    }
    const Turns::Busy request(place);
    turns.look();
  }
  BOOST_TEST(place.take(kNow));
  BOOST_TEST(turns.wanted());
  const Turns::Busy request(place);
  turns.look();
  BOOST_TEST(turns.wanted());
  turns.look();
  BOOST_TEST(waiter.becomes_done());
  BOOST_TEST(waiter.got);
}

BOOST_AUTO_TEST_CASE(the_slow_lose_it) {
  Turns turns(1);
  turns.start();
  Turns::Place place(turns);
  BOOST_REQUIRE(place.take(kForever));
  Waiter waiter(turns, kForever);
  {
    const Turns::Busy slow(place);
    BOOST_TEST(waiter.becomes_done());
  }
  BOOST_TEST(waiter.got);
  BOOST_TEST(!place.take(kNow));
  waiter.leave = true;
  BOOST_TEST(place.take(kSoon));
}

BOOST_AUTO_TEST_CASE(after_a_long_silence_too) {
  Turns turns(1);
  turns.start();
  for (int round = 0; round < 5; ++round) {
    Turns::Place place(turns);
    BOOST_REQUIRE(place.take(kForever));
    Waiter waiter(turns, kForever);
    std::this_thread::sleep_for(milliseconds(30));
    BOOST_TEST(!waiter.done);
    const Turns::Busy slow(place);
    BOOST_REQUIRE(waiter.becomes_done());
  }
}

BOOST_AUTO_TEST_CASE(nobody_loses_what_nobody_wants) {
  Turns turns(1);
  turns.start();
  Turns::Place place(turns);
  BOOST_REQUIRE(place.take(kForever));
  {
    const Turns::Busy slow(place);
    std::this_thread::sleep_for(milliseconds(20));
  }
  Turns::Place other(turns);
  BOOST_TEST(!other.take(kNow));
  BOOST_TEST(place.take(kNow));
}

BOOST_AUTO_TEST_CASE(passing_is_at_once) {
  Turns turns(1);  // nobody looks after it
  Turns::Place place(turns), other(turns);
  BOOST_REQUIRE(place.take(kForever));
  {
    const Turns::Busy busy(place);
    BOOST_TEST(!other.take(kNow));
    place.pass();
    place.pass();  // which says nothing new
    BOOST_TEST(other.take(kNow));
  }
  BOOST_TEST(!place.take(kNow));
}

// A request that waits does not keep the processor awake.
BOOST_AUTO_TEST_CASE(nobody_looks_after_who_has_passed) {
  Turns turns(1);
  turns.start();
  Turns::Place place(turns);
  BOOST_REQUIRE(place.take(kForever));
  const Turns::Busy busy(place);
  place.pass();
  std::this_thread::sleep_for(milliseconds(50));
  const auto switches = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
  };
  const auto before = switches();
  std::this_thread::sleep_for(milliseconds(500));
  BOOST_TEST(switches() - before < 50);
}

BOOST_AUTO_TEST_CASE(closed_it_is_for_all) {
  Turns turns(1);
  Turns::Place place(turns);
  BOOST_REQUIRE(place.take(kForever));
  Waiter one(turns, kForever), two(turns, kSoon);
  std::this_thread::sleep_for(milliseconds(10));
  turns.close();
  BOOST_TEST(one.becomes_done());
  BOOST_TEST(two.becomes_done());
  BOOST_TEST(two.got);
  Turns::Place late(turns);
  BOOST_TEST(late.take(kNow));
}

// With one taker: threads that sleep for longer and shorter than a tick, and nothing gets lost.
BOOST_FIXTURE_TEST_CASE(slow_and_quick_requests_together, SocketFixture) {
  WorkerOptions options;
  options.threads = 4;
  options.takers = 1;
  Worker worker(listener.fd(), options, test_handlers(), log);
  std::vector<std::thread> clients;
  std::atomic<int> answered = 0;
  for (int number = 0; number < 12; ++number) {
    clients.emplace_back([&, number] {
      FcgiClient client(path);
      for (int i = 0; i < 60; ++i) {
        const bool slow = number < 3 && i % 4 == 0;
        const std::string what = slow ? "/sleep/" + std::to_string(i % 7) : "/bytes/9";
        if (client.ask(what).ended) ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  BOOST_TEST(answered == 12 * 60);
}

BOOST_FIXTURE_TEST_CASE(one_taker_does_not_hold_the_others_back, SocketFixture) {
  WorkerOptions options;
  options.threads = 4;
  options.takers = 1;
  Gate gate;
  Worker worker(listener.fd(), options, test_handlers(&gate), log);
  FcgiClient slow[3] = {FcgiClient(path), FcgiClient(path), FcgiClient(path)};
  for (FcgiClient& client : slow) BOOST_CHECK(client.send(request_bytes("/hold")));
  FcgiClient quick(path);
  for (int i = 0; i < 20; ++i) BOOST_CHECK(quick.ask("/bytes/1").ended);
  gate.open();
  for (FcgiClient& client : slow) BOOST_TEST(client.receive().ended);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi
