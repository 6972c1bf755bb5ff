// What happens to connections and threads when there is no memory for a moment.
#include "tests/no_memory.h"

#include <chrono>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "fcgi/connections.h"
#include "fcgi/turns.h"
#include "fcgi_client.h"
#include "test_handler.h"

#ifndef METASET_FIXED_NEW

namespace metaset::fcgi {
namespace {

using std::chrono::milliseconds;
using Event = Connections::Event;

constexpr milliseconds kAtOnce{0};

BOOST_FIXTURE_TEST_SUITE(no_memory, SocketFixture)

BOOST_AUTO_TEST_CASE(a_connection_waits_until_there_is_memory_for_it) {
  Connections connections(listener.fd(), log);
  FcgiClient client(path);
  BOOST_REQUIRE((connections.wait(kAtOnce).event == Event::kListener));
  {
    const NoMemoryHere none;
    BOOST_TEST((connections.accept() == nullptr));
  }
  connections.listen_again();
  BOOST_REQUIRE((connections.wait(kAtOnce).event == Event::kListener));
  BOOST_TEST((connections.accept() != nullptr));
  BOOST_TEST(!client.closed_within(kAtOnce));
}

BOOST_AUTO_TEST_CASE(a_turn_can_be_given_away) {
  Turns turns(1);
  Turns::Place first(turns), second(turns);
  first.give();  // it has none
  BOOST_REQUIRE(first.take(kAtOnce));
  BOOST_TEST(!second.take(kAtOnce));
  first.give();
  BOOST_TEST(second.take(kAtOnce));
  BOOST_TEST(!first.take(kAtOnce));
}

WorkerOptions one_taker(unsigned threads) {
  WorkerOptions options;
  options.threads = threads;
  options.takers = 1;
  return options;
}

// The thread that takes a connection has the only turn: others must not wait for it.
BOOST_AUTO_TEST_CASE(nobody_waits_for_who_is_out_of_memory) {
  Worker worker(listener.fd(), one_taker(2), test_handlers(), log);
  FcgiClient kept(path);
  BOOST_REQUIRE(kept.ask("/pid").ended);
  const auto time = quickest([&] {
    const NoMemory none(0, 1);
    FcgiClient fresh(path);
    BOOST_REQUIRE(fresh.send(request_bytes("/pid")));
    while (!none.failed()) std::this_thread::sleep_for(milliseconds(1));
    const auto start = std::chrono::steady_clock::now();
    BOOST_TEST(kept.ask("/pid").ended);
    const auto taken = std::chrono::steady_clock::now() - start;
    BOOST_TEST(fresh.receive().ended);
    return taken;
  });
  BOOST_TEST((time < milliseconds(150)));
}

// Whichever allocation fails while connections are taken and answered, none of them is forgotten.
BOOST_AUTO_TEST_CASE(no_connection_is_forgotten) {
  Worker worker(listener.fd(), one_taker(1), test_handlers(), log);
  FcgiClient kept(path);
  BOOST_REQUIRE(kept.ask("/pid").ended);
  bool more = true;
  for (int allowed = 0; more && allowed < 100; ++allowed) {
    BOOST_REQUIRE(kept.send(request_bytes("/sleep/20")));  // so that both are there at once
    std::this_thread::sleep_for(milliseconds(5));
    const NoMemory none(allowed, 2);
    FcgiClient first(path), second(path);
    BOOST_REQUIRE(first.send(request_bytes("/bytes/100")));
    BOOST_REQUIRE(second.send(request_bytes("/bytes/100")));
    // Answered, or closed.
    BOOST_TEST((first.receive().ended || first.closed_within(kAtOnce)), allowed);
    BOOST_TEST((second.receive().ended || second.closed_within(kAtOnce)), allowed);
    if (!kept.receive().ended) kept = FcgiClient(path);
    more = none.failed();
  }
  BOOST_TEST(!more);
}

// It may break off what is asked then, but not end.
BOOST_AUTO_TEST_CASE(a_worker_survives_it) {
  Worker worker(listener.fd(), one_taker(4), test_handlers(), log);
  {
    const NoMemory none(0);
    for (int i = 0; i < 4; ++i) {
      FcgiClient client(path);
      BOOST_TEST(client.send(request_bytes("/wait/10")));
      client.closed_within(milliseconds(300));
    }
  }
  BOOST_TEST(FcgiClient(path).ask("/bytes/3").body() == "bbb");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::fcgi

#endif
