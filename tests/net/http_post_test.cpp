// The part of HttpClient that posts.
#include <atomic>
#include <future>

#include "metaset/base/error.h"
#include "metaset/net/http_client.h"

#include "http_server.h"

namespace metaset::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

struct Pieces : ByteSink {
  void begin() override { begun = true; }
  bool write(std::string_view bytes) override {
    text += bytes;
    if (text.size() >= wanted) enough.set_value();
    return text.size() < most;
  }
  std::string text;
  bool begun = false;
  std::size_t wanted = SIZE_MAX, most = SIZE_MAX;
  std::promise<void> enough;
};

struct Posting {
  HttpAnswer post(const std::string& url, std::string_view body = "{}") {
    return client.post({url, body, {}, milliseconds(2000)}, 1000, false);
  }
  HttpAnswer stream(const std::string& url, milliseconds limit) {
    return client.stream({url, "{}", {}, milliseconds(1000)}, pieces, stop.get_token(), limit);
  }
  HttpClient client{HttpOptions{}};
  Pieces pieces;
  std::stop_source stop;
};

std::string refused_url() {
  TestServer server([](const TestServer::Request&) {});
  return server.url("/");
}

BOOST_FIXTURE_TEST_SUITE(http_post, Posting)

BOOST_AUTO_TEST_CASE(a_question_is_asked_once_as_it_is) {
  std::atomic<int> asked = 0;
  std::string head;
  TestServer server([&](const TestServer::Request& request) {
    ++asked;
    head = request.head();
    request.reply("503 Later", "wait", "X-One:  a b \r\nx-ONE: c\r\nDate: now\r\n");
  });
  const HttpAnswer answer = client.ask({server.url("/a/../%2F//b"), {"Accept-Encoding: gzip"}}, 10);
  BOOST_TEST(answer.status == 503u);
  BOOST_TEST(answer.body == "wait");
  BOOST_TEST(answer.fields.at("x-one") == "c");
  BOOST_TEST(answer.fields.at("date") == "now");
  BOOST_TEST(asked == 1);
  BOOST_TEST(head.starts_with("GET /a/../%2F//b HTTP/1.1\r\n"));
  BOOST_TEST(head.find("\r\nAccept-Encoding: gzip\r\n") != std::string::npos);
  TestServer other([](const TestServer::Request& request) {
    request.reply("302 Found", "", "Location: /elsewhere\r\n");
  });
  BOOST_TEST(client.ask({other.url("/"), {}}, 10).status == 302u);
  TestServer large(
      [](const TestServer::Request& request) { request.reply("200 OK", std::string(100, 'x')); });
  BOOST_TEST(client.ask({large.url("/"), {}}, 100).body.size() == 100u);
  BOOST_TEST(client.ask({large.url("/"), {}}, 99).too_large);
  BOOST_TEST(client.ask({refused_url(), {}}, 10).status == 0u);
  BOOST_CHECK_THROW(client.ask({"ftp://x/", {}}, 10), Error);
}

BOOST_AUTO_TEST_CASE(what_is_sent_and_what_comes_back) {
  std::string head;
  TestServer server([&](const TestServer::Request& request) {
    head = request.head();
    request.reply("200 OK", "[1]");
  });
  const HttpAnswer answer =
      client.post({server.url("/a"), R"({"x":1})", {"X-One: 1"}, milliseconds(2000)}, 1000, false);
  BOOST_TEST(answer.status == 200u);
  BOOST_TEST(answer.body == "[1]");
  BOOST_TEST(answer.problem.empty());
  BOOST_TEST(head.starts_with("POST /a HTTP/1.1\r\n"));
  BOOST_TEST(head.find("\r\nX-One: 1\r\n") != std::string::npos);
  BOOST_TEST(head.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
  BOOST_TEST(head.find("\r\nContent-Length: 7\r\n") != std::string::npos);
  BOOST_TEST(head.find("Expect") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_status_is_an_answer_of_one_attempt) {
  TestServer server([](const TestServer::Request& request) {
    request.reply(request.path().substr(1) + " Reason", "why", "Location: /200\r\n");
  });
  for (const unsigned status : {200u, 302u, 400u, 429u, 500u, 503u}) {
    const HttpAnswer answer = post(server.url("/" + std::to_string(status)));
    BOOST_TEST(answer.status == status);
    BOOST_TEST(answer.body == "why");
    BOOST_TEST(answer.sent);
  }
  BOOST_TEST(server.requests() == 6u);
}

BOOST_AUTO_TEST_CASE(it_is_known_whether_the_server_saw_it) {
  const HttpAnswer refused = post(refused_url());
  BOOST_TEST(refused.status == 0u);
  BOOST_TEST(!refused.sent);
  BOOST_TEST(!refused.problem.empty());
  TestServer silent([](const TestServer::Request&) {});
  const HttpAnswer lost = post(silent.url("/"));
  BOOST_TEST(lost.status == 0u);
  BOOST_TEST(lost.sent);
  BOOST_TEST(silent.requests() == 1u);
}

// A connection that is kept and then closed: libcurl would repeat the request by itself.
BOOST_AUTO_TEST_CASE(a_request_is_never_repeated_behind_the_back) {
  TestServer server([](const TestServer::Request& request) {
    if (request.path() == "/first") {
      request.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
      request.stall();
    }
  });
  BOOST_TEST(client.post({server.url("/first"), "{}", {}, milliseconds(2000)}, 1000, true).status ==
             200u);
  const HttpAnswer lost = post(server.url("/second"));
  BOOST_TEST(lost.status == 0u);
  BOOST_TEST(lost.sent);
  BOOST_TEST(server.requests() == 2u);
}

BOOST_AUTO_TEST_CASE(the_whole_time_is_bounded) {
  TestServer server([](const TestServer::Request& request) {
    request.send("HTTP/1.1 200 OK\r\n\r\n");
    while (request.send("x")) std::this_thread::sleep_for(milliseconds(20));
  });
  const auto start = Clock::now();
  const HttpAnswer answer =
      client.post({server.url("/"), "{}", {}, milliseconds(200)}, 1 << 20, false);
  BOOST_TEST(answer.status == 0u);
  BOOST_TEST(answer.sent);
  BOOST_TEST((Clock::now() - start < seconds(10)));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_too_large) {
  TestServer server([](const TestServer::Request& request) {
    request.reply("200 OK", std::string(request.path() == "/1000" ? 1000 : 1001, 'x'));
  });
  BOOST_TEST(post(server.url("/1000")).status == 200u);
  const HttpAnswer answer = post(server.url("/1001"));
  BOOST_TEST(answer.status == 0u);
  BOOST_TEST(answer.too_large);
}

BOOST_AUTO_TEST_CASE(a_stream_comes_as_it_is_sent_and_stops_at_once) {
  TestServer server([](const TestServer::Request& request) {
    request.send("HTTP/1.1 200 OK\r\n\r\none");
    request.stall();
  });
  pieces.wanted = 3;
  auto came = pieces.enough.get_future();
  auto running =
      std::async(std::launch::async, [&] { return stream(server.url("/"), milliseconds(0)); });
  BOOST_REQUIRE(came.wait_for(seconds(20)) == std::future_status::ready);
  BOOST_TEST((running.wait_for(milliseconds(1500)) == std::future_status::timeout));
  const auto start = Clock::now();
  stop.request_stop();
  const HttpAnswer answer = running.get();
  BOOST_TEST((Clock::now() - start < seconds(10)));
  BOOST_TEST(answer.stopped);
  BOOST_TEST(!answer.expired);
  BOOST_TEST(pieces.text == "one");
}

BOOST_AUTO_TEST_CASE(a_stream_ends_by_its_limit_or_if_it_does_not_begin) {
  TestServer server([](const TestServer::Request& request) {
    if (request.path() == "/begins") request.send("HTTP/1.1 200 OK\r\n\r\none");
    request.stall();
  });
  const HttpAnswer limited = stream(server.url("/begins"), milliseconds(1500));
  BOOST_TEST(limited.expired);
  BOOST_TEST(pieces.text == "one");
  const auto start = Clock::now();
  const HttpAnswer silent = stream(server.url("/silent"), milliseconds(0));
  BOOST_TEST(silent.status == 0u);
  BOOST_TEST(!silent.expired);
  BOOST_TEST(silent.sent);
  BOOST_TEST((Clock::now() - start < seconds(10)));
}

BOOST_AUTO_TEST_CASE(a_stream_that_the_server_or_the_sink_ends) {
  TestServer server([](const TestServer::Request& request) {
    if (request.path() == "/503") return request.reply("503 Busy", "later");
    request.reply("200 OK", "one two");
  });
  BOOST_TEST(stream(server.url("/"), milliseconds(0)).status == 200u);
  BOOST_TEST(pieces.text == "one two");
  const HttpAnswer refused = stream(server.url("/503"), milliseconds(0));
  BOOST_TEST(refused.status == 503u);
  BOOST_TEST(refused.body == "later");
  pieces.most = 0;
  BOOST_TEST(stream(server.url("/"), milliseconds(0)).status == 200u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::net
