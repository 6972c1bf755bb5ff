// What the client makes of servers that answer wrongly, or not at all.
#include <functional>
#include <mutex>
#include <utility>

#include "../base/has_code.h"
#include "../base/patience.h"
#include "../net/http_server.h"
#include "etcd_servers.h"

namespace metaset::group {
namespace {

using net::TestServer;
using std::chrono::milliseconds;

// Changed by the test, called by threads of the server.
class Answer {
 public:
  using Function = std::function<void(const TestServer::Request&)>;
  Answer& operator=(Function function) {
    const std::lock_guard lock(mutex_);
    function_ = std::move(function);
    return *this;
  }
  void operator()(const TestServer::Request& request) {
    std::unique_lock lock(mutex_);
    const Function function = function_;
    lock.unlock();
    function(request);
  }

 private:
  std::mutex mutex_;
  Function function_;
};

struct Answering {
  Answer answer;
  TestServer server{[this](const TestServer::Request& request) { answer(request); }};
  EtcdOptions options;

  Answering() {
    options.endpoints = {server.url()};
    options.attempt_timeout = milliseconds(300);
  }
};

void uncertain_once(Answering& test) {
  EtcdClient client(test.options);
  const unsigned before = test.server.requests();
  BOOST_CHECK_THROW(client.put("a", "1"), EtcdUncertain);
  BOOST_TEST(test.server.requests() == before + 1);
}

BOOST_FIXTURE_TEST_SUITE(etcd_wrong_answers, Answering)

// The second endpoint would do it, but it must not be asked.
BOOST_AUTO_TEST_CASE(a_change_that_may_have_been_made_is_not_repeated) {
  options.endpoints.push_back(server.url());
  answer = [](const TestServer::Request&) {};
  uncertain_once(*this);
  answer = [](const TestServer::Request& request) { request.stall(); };
  uncertain_once(*this);
  answer = [](const TestServer::Request& request) { request.send("HTTP/1.1 200 OK\r\n"); };
  uncertain_once(*this);
  answer = [](const TestServer::Request& request) { request.reply("200 OK", "{\"header\":"); };
  uncertain_once(*this);
  answer = [](const TestServer::Request& request) {
    request.reply("503 Unavailable", R"({"error":"etcdserver: request timed out","code":14})");
  };
  uncertain_once(*this);
  answer = [](const TestServer::Request& request) { request.reply("502 Bad Gateway", "<html>"); };
  uncertain_once(*this);
}

BOOST_AUTO_TEST_CASE(a_change_that_was_not_made_is_tried_elsewhere) {
  std::atomic<unsigned> number = 0;
  answer = [&](const TestServer::Request& request) {
    if (number++ % 2 == 0) {
      request.reply("503 Unavailable", R"({"error":"etcdserver: no leader","code":14})");
    } else {
      request.reply("200 OK", R"({"header":{"revision":"7"}})");
    }
  };
  options.endpoints.insert(options.endpoints.begin(), server.url());
  EtcdClient client(options);
  BOOST_TEST(client.put("a", "1") == 7);
  BOOST_TEST(server.requests() == 2u);
}

BOOST_AUTO_TEST_CASE(reads_are_tried_elsewhere) {
  EtcdServers servers(1);
  const std::string good = servers.endpoint(0);
  EtcdClient(servers.options()).put("a", "1");
  options.endpoints.push_back(good);
  for (const char* body : {"", "{}", "<html>", "{\"header\":{},\"kvs\":3}"}) {
    answer = [&](const TestServer::Request& request) { request.reply("200 OK", body); };
    BOOST_TEST(EtcdClient(options).range(EtcdKeys::one("a")).records.size() == 1u);
    EtcdClient watcher(options);
    const auto watched = watcher.watch(
        EtcdKeys::one("a"), 1, [](const auto&, std::int64_t) {}, {}, milliseconds(300));
    BOOST_TEST((watched.end == EtcdWatchEnd::kExpired));
  }
  answer = [](const TestServer::Request& request) { request.stall(); };
  EtcdClient client(options);
  BOOST_TEST(client.range(EtcdKeys::one("a")).records.size() == 1u);
  // The next call begins with the endpoint that answered.
  const unsigned before = server.requests();
  BOOST_TEST(client.put("a", "2") > 0);
  BOOST_TEST(server.requests() == before);
}

BOOST_AUTO_TEST_CASE(nested_without_end) {
  answer = [](const TestServer::Request& request) {
    request.reply("200 OK", std::string(1 << 20, '['));
  };
  BOOST_CHECK_EXCEPTION(EtcdClient(options).range(EtcdKeys::one("a")), Error,
                        has_code(Code::kUnavailable));
}

BOOST_AUTO_TEST_CASE(a_message_of_a_watch_without_end) {
  answer = [](const TestServer::Request& request) {
    request.send("HTTP/1.1 200 OK\r\n\r\n{\"result\":{\"header\":{},\"created\":true}}\n");
    while (request.send(std::string(65536, ' '))) {
    }
  };
  EtcdClient client(options);
  const auto result = client.watch(EtcdKeys::one("a"), 0, [](const auto&, std::int64_t) {}, {});
  BOOST_TEST((result.end == EtcdWatchEnd::kBroken));
  BOOST_TEST(result.next == 1);
}

BOOST_AUTO_TEST_CASE(the_whole_call_is_bounded) {
  answer = [](const TestServer::Request& request) { request.stall(); };
  options.endpoints.assign(20, server.url());
  options.total_timeout = milliseconds(700);
  // A busy machine has no time for the third attempt now and then.
  unsigned most = 0, calls = 0;
  const auto time = quickest([&] {
    const unsigned before = server.requests();
    const auto start = std::chrono::steady_clock::now();
    BOOST_CHECK_EXCEPTION(EtcdClient(options).range(EtcdKeys::one("a")), Error,
                          has_code(Code::kUnavailable));
    ++calls;
    most = std::max(most, server.requests() - before);
    return std::chrono::steady_clock::now() - start;
  });
  BOOST_TEST((time < milliseconds(2000)));
  BOOST_TEST(most >= 3u);
  BOOST_TEST(server.requests() <= 3 * calls);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
