#include "metaset/fcgi/worker.h"

#include <atomic>
#include <future>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/resource.h>

#include "fcgi_client.h"
#include "test_handler.h"

namespace metaset::fcgi {
namespace {

using std::chrono::milliseconds;

struct WorkerFixture : SocketFixture {
  static WorkerOptions quick() {
    WorkerOptions options;
    options.threads = 4;
    options.head_timeout = options.body_timeout = options.send_timeout = milliseconds(300);
    return options;
  }
  WorkerFixture() : worker(listener.fd(), quick(), test_handlers(), log) {}
  bool answers() { return FcgiClient(path).ask("/bytes/3").body() == "bbb"; }

  Worker worker;
};

// Four threads, and requests that end when the test says so.
struct HeldFixture : SocketFixture {
  static WorkerOptions four_threads() {
    WorkerOptions options;
    options.threads = 4;
    return options;
  }
  HeldFixture() : worker(listener.fd(), four_threads(), test_handlers(&gate), log) {}
  ~HeldFixture() { gate.open(); }

  Gate gate;
  Worker worker;
};

// With the time limits of the programs: for what is about sizes, on slow machines too.
struct PatientFixture : SocketFixture {
  PatientFixture() : worker(listener.fd(), WorkerOptions(), test_handlers(), log) {}

  Worker worker;
};

BOOST_FIXTURE_TEST_SUITE(workers, WorkerFixture)

BOOST_FIXTURE_TEST_CASE(bodies_of_all_sizes_both_ways, PatientFixture) {
  FcgiClient client(path);
  for (const std::size_t size : {0, 1, 8000, 8125, 8126, 8127, 8128, 8129, 8130, 8152, 8153, 8192,
                                 65'510, 65'528, 65'536, 1'000'000, 5'000'000}) {
    const Answer bytes = client.ask("/bytes/" + std::to_string(size));
    BOOST_TEST(bytes.ended);
    BOOST_TEST((bytes.body() == std::string(size, 'b')), size);
    if (size == 0) continue;
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 7 % 251);
    BOOST_TEST((client.ask("/echo", body).body() == body), size);
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_nobody_reads_does_not_disturb_the_next_request) {
  FcgiClient client(path);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(client.ask("/ignore", std::string(300'000, 'x')).body() == "ignored");
  }
  BOOST_TEST(client.ask("/bytes/2").body() == "bb");
}

BOOST_AUTO_TEST_CASE(connections_end_when_the_peer_wants_it) {
  FcgiClient client(path);
  BOOST_TEST(client.ask("/bytes/2", {}, false).ended);
  BOOST_TEST(client.closed_within(kSoon));
}

BOOST_AUTO_TEST_CASE(connections_end_when_the_answer_says_so) {
  for (const std::size_t size : {0U, 10U, 300'000U}) {
    FcgiClient client(path);
    const auto answer = client.ask("/last/" + std::to_string(size));
    BOOST_TEST(answer.ended);
    BOOST_TEST(answer.body().size() == size);
    BOOST_TEST(client.closed_within(kSoon));
  }
}

BOOST_AUTO_TEST_CASE(connections_that_come_at_once_are_all_taken) {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<FcgiClient>> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<FcgiClient>(path));
    for (auto& client : clients) BOOST_REQUIRE(client->send(request_bytes("/bytes/10")));
    for (auto& client : clients) BOOST_REQUIRE(client->receive().body().size() == 10);
  }
}

BOOST_AUTO_TEST_CASE(many_kept_connections_over_few_threads) {
  constexpr int kConnections = 64;
  std::vector<std::unique_ptr<FcgiClient>> clients;
  for (int i = 0; i < kConnections; ++i) clients.push_back(std::make_unique<FcgiClient>(path));
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 20; ++round) {
    for (auto& client : clients) BOOST_REQUIRE(client->send(request_bytes("/bytes/100")));
    for (auto& client : clients) BOOST_REQUIRE(client->receive().body().size() == 100);
  }
  BOOST_TEST((std::chrono::steady_clock::now() - start < kSoon));
}

BOOST_FIXTURE_TEST_CASE(busy_threads_hold_no_connection_back, HeldFixture) {
  std::vector<std::unique_ptr<FcgiClient>> clients;
  for (int i = 0; i < 32; ++i) clients.push_back(std::make_unique<FcgiClient>(path));
  for (auto& client : clients) BOOST_REQUIRE(client->ask("/bytes/1").ended);
  for (int i = 0; i < 3; ++i)
    BOOST_REQUIRE(clients[static_cast<std::size_t>(i)]->send(request_bytes("/hold")));
  for (std::size_t i = 3; i < clients.size(); ++i) BOOST_REQUIRE(clients[i]->ask("/bytes/1").ended);
  gate.open();
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(clients[i]->receive().ended);
}

BOOST_AUTO_TEST_CASE(malformed_records_end_their_connection_only) {
  const std::string params = stream(kParams, name_value("REQUEST_URI", "/bytes/1"));
  const std::string values = name_value("FCGI_MAX_CONNS", "");
  const std::string bad[] = {
      "GET / HTTP/1.0\r\n\r\n",
      std::string(1000, '\0'),
      record(kStdin, "no request began"),
      record(kBegin, "short"),
      begin_record(true, 0) + params,
      begin_record(true, 1, 9) + params + stream(kStdin, ""),
      begin_record(true, 1, 2) + params + stream(kStdin, ""),
      begin_record(true) + record(kStdin, "before the parameters"),
      begin_record(true) + record(kParams, "\x04"),
      begin_record(true) + record(kParams, std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8)) +
          params,
      begin_record(true) + stream(kParams, "\x7f\x7ftoo short"),
      begin_record(true) + std::string(1, '\x02'),
      record(kGetValues, values + values + values + values + values + values, 0),
      begin_record(true) + record(kAbort, ""),
      begin_record(true) + params + record(kAbort, ""),
      begin_record(true) + params + record(kStdin, "x") + record(kData, "wrong stream"),
  };
  for (const std::string& bytes : bad) {
    FcgiClient client(path);
    client.send(bytes);
    ::shutdown(client.fd(), SHUT_WR);
    client.receive();
    BOOST_TEST(client.closed_within(kSoon));
    BOOST_TEST(answers());
  }
}

BOOST_AUTO_TEST_CASE(large_parameters_are_read) {
  FcgiClient client(path);
  BOOST_TEST(client.ask("/bytes/1", {}, true, {{"HTTP_COOKIE", std::string(300'000, 'c')}}).ended);
}

BOOST_AUTO_TEST_CASE(questions_about_limits_are_answered) {
  FcgiClient client(path);
  client.send(record(kGetValues, name_value("FCGI_MPXS_CONNS", ""), 0));
  BOOST_TEST(client.ask("/bytes/1").ended);
}

BOOST_AUTO_TEST_CASE(an_aborted_request_is_not_ended_as_if_whole) {
  FcgiClient client(path);
  BOOST_TEST(!client.ask("/abort").ended);
  BOOST_TEST(client.closed_within(kSoon));
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_off) {
  FcgiClient client(path);
  std::string bytes = request_bytes("/echo", std::string(50'000, 'x'));
  client.send(std::string_view(bytes).substr(0, bytes.size() / 2));
  ::shutdown(client.fd(), SHUT_WR);
  BOOST_TEST(!client.receive().ended);
  BOOST_TEST(answers());
}

BOOST_AUTO_TEST_CASE(silent_peers_cost_nothing_but_their_timeout) {
  std::vector<std::unique_ptr<FcgiClient>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<FcgiClient>(path));
  }
  BOOST_TEST(answers());  // nothing was sent: no thread waits for them
  const std::string bytes = request_bytes("/bytes/1");
  for (int i = 0; i < 4; ++i) silent[static_cast<std::size_t>(i)]->send(bytes.substr(0, 30));
  BOOST_TEST(answers());
  for (int i = 0; i < 4; ++i) BOOST_TEST(silent[static_cast<std::size_t>(i)]->closed_within(kSoon));
  BOOST_TEST(silent[10]->ask("/bytes/1").ended);
}

BOOST_AUTO_TEST_CASE(trickling_does_not_help_a_peer) {
  FcgiClient client(path);
  const std::string bytes = request_bytes("/bytes/1");
  bool open = true;
  for (std::size_t i = 0; open && i < bytes.size(); ++i) {
    open = client.send(bytes.substr(i, 1)) && !client.closed_within(milliseconds(50));
  }
  BOOST_TEST(!open);  // or all of it had been sent
}

BOOST_AUTO_TEST_CASE(peers_that_vanish_or_do_not_read) {
  for (int i = 0; i < 8; ++i) FcgiClient(path).send(request_bytes("/bytes/20000000"));
  BOOST_TEST(answers());
  std::vector<std::unique_ptr<FcgiClient>> deaf;
  for (int i = 0; i < 4; ++i) {
    deaf.push_back(std::make_unique<FcgiClient>(path));
    deaf.back()->send(request_bytes("/bytes/20000000"));
  }
  BOOST_TEST(answers());
}

BOOST_AUTO_TEST_CASE(stopping_answers_what_has_arrived) {
  FcgiClient idle(path);
  FcgiClient busy(path);
  BOOST_TEST(idle.ask("/bytes/1").ended);
  BOOST_TEST(busy.ask("/bytes/1").ended);
  BOOST_TEST(busy.send(request_bytes("/sleep/300")));
  std::this_thread::sleep_for(milliseconds(100));
  worker.stop();
  BOOST_TEST(!worker.wait_for(milliseconds(50)));
  FcgiClient waiting(path);  // accepted by the kernel, by nobody else
  BOOST_TEST(busy.receive().ended);
  BOOST_TEST(busy.closed_within(kSoon));
  BOOST_TEST(idle.closed_within(kSoon));
  BOOST_TEST(worker.wait_for(kSoon));
  BOOST_TEST(!waiting.closed_within(milliseconds(50)));
}

BOOST_AUTO_TEST_CASE(idle_connections_are_closed_one_after_the_other) {
  std::vector<std::unique_ptr<FcgiClient>> clients;
  for (int i = 0; i < 60; ++i) clients.push_back(std::make_unique<FcgiClient>(path));
  for (auto& client : clients) BOOST_REQUIRE(client->ask("/bytes/1").ended);
  worker.stop();
  BOOST_TEST(!worker.wait_for(milliseconds(100)));
  // Who still has one may use it until then.
  BOOST_TEST(worker.wait_for(kSoon));
  for (auto& client : clients) BOOST_TEST(client->closed_within(kSoon));
}

BOOST_AUTO_TEST_CASE(out_of_descriptors_is_a_pause) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<std::unique_ptr<FcgiClient>> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(std::make_unique<FcgiClient>(path));
  for (auto& client : clients) BOOST_REQUIRE(client->ask("/bytes/1").ended);
  FcgiClient late(path);
  // Whatever is open stays open; nothing new can be opened.
  rlimit none = before;
  none.rlim_cur = 10;
  BOOST_REQUIRE(late.connected());
  ::setrlimit(RLIMIT_NOFILE, &none);
  FcgiClient* const first = clients.front().get();
  late.send(request_bytes("/bytes/1"));
  std::this_thread::sleep_for(milliseconds(100));
  const bool kept_go_on = first->ask("/bytes/1").ended;
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(kept_go_on);
  BOOST_TEST(late.receive().ended);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(a_handler_that_cannot_be_made, SocketFixture) {
  std::atomic<int> calls = 0;
  const http::HandlerFactory factory = [&]() -> std::unique_ptr<http::Handler> {
    if (++calls == 2) throw Error(Code::kInvalid, "no second one");
    return std::make_unique<TestHandler>();
  };
  BOOST_CHECK_THROW(Worker(listener.fd(), {}, factory, log), Error);
}

}  // namespace
}  // namespace metaset::fcgi
