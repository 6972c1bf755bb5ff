#include "metaset/net/http_client.h"

#include <cstdlib>

#include "metaset/base/gzip.h"

#include "../base/has_code.h"
#include "http_server.h"

namespace metaset::net {
namespace {

using Request = TestServer::Request;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Collected : ByteSink {
  void begin() override {
    ++begun;
    body.clear();
  }
  bool write(std::string_view bytes) override {
    body += bytes;
    return body.size() < enough;
  }
  std::string body;
  unsigned begun = 0;
  std::size_t enough = SIZE_MAX;
};

struct Fetch {
  HttpOptions options;
  Collected sink;
  std::uint64_t max_size = 1 << 20;
  HttpCoding coding = HttpCoding::kAsStored;

  Fetch() {
    options.backoff = milliseconds(1);
    options.stall_timeout = seconds(1);
  }
  HttpClient::Reply get(const std::string& url) {
    HttpClient client(options);
    return client.get(url, max_size, coding, sink);
  }
};

BOOST_FIXTURE_TEST_SUITE(http_client, Fetch)

BOOST_AUTO_TEST_CASE(a_body_arrives_as_it_is) {
  const std::string content(300'000, 'x');
  TestServer server([&](const Request& request) {
    BOOST_TEST(request.head().find("User-Agent: metaset/") != std::string::npos);
    BOOST_TEST(request.head().find("Accept-Encoding") == std::string::npos);
    request.reply("200 OK", request.path() == "/empty" ? "" : content);
  });
  const auto reply = get(server.url("/file"));
  BOOST_TEST(reply.status == 200u);
  BOOST_TEST(reply.complete);
  BOOST_TEST((sink.body == content));
  BOOST_TEST(sink.begun == 1u);
  BOOST_TEST(get(server.url("/empty")).complete);
  BOOST_TEST(sink.begun == 2u);
  BOOST_TEST(sink.body.empty());
}

BOOST_AUTO_TEST_CASE(other_statuses_are_replies_without_body) {
  TestServer server([](const Request& request) {
    request.reply(request.path().substr(1) + " Some Reason", "an explanation");
  });
  for (const unsigned status : {204u, 400u, 401u, 404u, 410u}) {
    const auto reply = get(server.url("/" + std::to_string(status)));
    BOOST_TEST(reply.status == status);
    BOOST_TEST(!reply.complete);
  }
  BOOST_TEST(sink.begun == 0u);
  BOOST_TEST(server.requests() == 5u);
}

BOOST_AUTO_TEST_CASE(an_endless_body_ends_at_the_limit) {
  TestServer server([](const Request& request) {
    request.send(request.path() == "/404" ? "HTTP/1.1 404 No\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n");
    while (request.send(std::string(65536, 'y'))) {
    }
  });
  BOOST_CHECK_EXCEPTION(get(server.url("/")), Error, has_code(Code::kLimit));
  BOOST_TEST(sink.body.size() <= max_size);
  BOOST_TEST(server.requests() == 1u);
  BOOST_TEST(get(server.url("/404")).status == 404u);
}

BOOST_AUTO_TEST_CASE(the_limit_itself_is_allowed) {
  TestServer server([](const Request& request) { request.reply("200 OK", std::string(100, 'z')); });
  max_size = 100;
  BOOST_TEST(get(server.url("/")).complete);
  max_size = 99;
  BOOST_CHECK_EXCEPTION(get(server.url("/")), Error, has_code(Code::kLimit));
}

BOOST_AUTO_TEST_CASE(headers_without_end) {
  TestServer server([](const Request& request) {
    request.send("HTTP/1.1 200 OK\r\n");
    while (request.send("X-Field: " + std::string(1000, 'h') + "\r\n")) {
    }
  });
  BOOST_CHECK_EXCEPTION(get(server.url("/")), Error, has_code(Code::kLimit));
}

BOOST_AUTO_TEST_CASE(a_compressed_body_counts_as_it_is_uncompressed) {
  const std::string text(500'000, 't');
  TestServer server([&](const Request& request) {
    BOOST_TEST(request.head().find("Accept-Encoding: gzip") != std::string::npos);
    request.reply("200 OK", gzip(text, 9), "Content-Encoding: gzip\r\n");
  });
  coding = HttpCoding::kGzip;
  BOOST_TEST(get(server.url("/")).complete);
  BOOST_TEST((sink.body == text));
  max_size = 10'000;
  sink.body.clear();
  BOOST_CHECK_EXCEPTION(get(server.url("/")), Error, has_code(Code::kLimit));
  BOOST_TEST(sink.body.size() <= max_size);
}

BOOST_AUTO_TEST_CASE(what_may_be_over_in_a_moment_is_tried_again) {
  std::atomic<unsigned> number = 0;
  TestServer server([&](const Request& request) {
    switch (number++) {
      case 0:
        return request.reply("503 Busy", "later");
      case 1:  // cut short
        return void(request.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"));
      case 2:
        return;  // no answer at all
      default:
        request.reply("200 OK", "1234567890");
    }
  });
  BOOST_TEST(get(server.url("/")).complete);
  BOOST_TEST(sink.body == "1234567890");
  BOOST_TEST(sink.begun == 2u);
  BOOST_TEST(server.requests() == 4u);
}

BOOST_AUTO_TEST_CASE(attempts_end) {
  TestServer server([](const Request& request) { request.reply("503 Busy", "later"); });
  options.attempts = 3;
  options.backoff = milliseconds(50);
  const auto start = std::chrono::steady_clock::now();
  BOOST_CHECK_EXCEPTION(get(server.url("/x")), Error, [&](const Error& error) {
    return error.code() == Code::kUnavailable &&
           error.message().find("status 503") != std::string::npos &&
           error.message().find(server.url("/x")) != std::string::npos;
  });
  BOOST_TEST(server.requests() == 3u);
  BOOST_TEST((std::chrono::steady_clock::now() - start >= milliseconds(150)));  // 50 and 100
}

BOOST_AUTO_TEST_CASE(nobody_there) {
  std::string url;
  {
    url = TestServer([](const Request&) {}).url("/");
  }
  BOOST_CHECK_EXCEPTION(get(url), Error, has_code(Code::kUnavailable));
}

BOOST_AUTO_TEST_CASE(a_server_that_stalls_or_crawls) {
  options.attempts = 1;
  TestServer server([](const Request& request) {
    if (request.path() == "/silent") return request.stall();
    request.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    if (request.path() == "/stall") return request.stall();
    while (request.send("c")) std::this_thread::sleep_for(milliseconds(20));
  });
  for (const char* path : {"/silent", "/stall", "/crawl"}) {
    const auto start = std::chrono::steady_clock::now();
    BOOST_CHECK_EXCEPTION(get(server.url(path)), Error, has_code(Code::kUnavailable));
    BOOST_TEST((std::chrono::steady_clock::now() - start < seconds(10)));
  }
}

BOOST_AUTO_TEST_CASE(redirects_are_followed_to_an_end) {
  std::string base;
  TestServer server([&](const Request& request) {
    const std::string path = request.path();
    if (path == "/end") return request.reply("200 OK", "found");
    const std::string to = path == "/loop"    ? "/loop"
                           : path == "/file"  ? "file:///etc/passwd"
                           : path == "/ftp"   ? "ftp://127.0.0.1/x"
                           : path == "/first" ? base + "/second"
                                              : "/end";
    request.reply("302 Found", "see there", "Location: " + to + "\r\n");
  });
  base = server.url();
  BOOST_TEST(get(server.url("/first")).complete);
  BOOST_TEST(sink.body == "found");
  BOOST_TEST(sink.begun == 1u);
  BOOST_CHECK_EXCEPTION(get(server.url("/loop")), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(get(server.url("/file")), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(get(server.url("/ftp")), Error, has_code(Code::kInvalid));
  BOOST_TEST(server.requests() == 3u + (options.redirects + 1) + 2u);
}

BOOST_AUTO_TEST_CASE(a_sink_that_wants_no_more) {
  TestServer server([](const Request& request) {
    request.send("HTTP/1.1 200 OK\r\n\r\n");
    while (request.send(std::string(1000, 'e'))) {
    }
  });
  sink.enough = 5000;
  const auto reply = get(server.url("/"));
  BOOST_TEST(reply.status == 200u);
  BOOST_TEST(!reply.complete);
  BOOST_TEST(server.requests() == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_sink_throws_comes_out) {
  struct Thrower : ByteSink {
    void begin() override {}
    bool write(std::string_view) override { throw Error(Code::kNoSpace, "full"); }
  } thrower;
  TestServer server([](const Request& request) { request.reply("200 OK", "some"); });
  HttpClient client(options);
  BOOST_CHECK_EXCEPTION(client.get(server.url("/"), 100, coding, thrower), Error,
                        has_code(Code::kNoSpace));
  BOOST_TEST(server.requests() == 1u);
  BOOST_TEST(client.get(server.url("/"), 100, coding, sink).complete);  // it can still be used
}

BOOST_AUTO_TEST_CASE(the_environment_names_no_proxy) {
  TestServer server([](const Request& request) { request.reply("200 OK", request.path()); });
  TestServer proxy([](const Request& request) { request.reply("200 OK", "by proxy"); });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("all_proxy", proxy.url().c_str(), 1);
  get(server.url("/x"));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  BOOST_TEST(sink.body == "/x");
  BOOST_TEST(proxy.requests() == 0u);
  options.proxy = proxy.url();
  get(server.url("/x"));
  BOOST_TEST(sink.body == "by proxy");
}

BOOST_AUTO_TEST_CASE(clients_of_several_threads) {
  TestServer server([](const Request& request) { request.reply("200 OK", request.path()); });
  std::atomic<unsigned> right = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        Fetch own;
        HttpClient client(own.options);
        for (unsigned j = 0; j < 20; ++j) {
          const std::string path = "/" + std::to_string(i) + "/" + std::to_string(j);
          client.get(server.url(path), 100, HttpCoding::kAsStored, own.sink);
          if (own.sink.body == path) ++right;
        }
      });
    }
  }
  BOOST_TEST(right == 80u);
}

BOOST_AUTO_TEST_CASE(what_is_no_url) {
  for (const char* url : {"", "x", "/x", "ftp://h/", "file:///etc/passwd", "http://", "gopher://h/",
                          "http://h:99999/"}) {
    BOOST_TEST_CONTEXT(url) {
      BOOST_CHECK_EXCEPTION(get(url), Error, has_code(Code::kInvalid));
      BOOST_CHECK_EXCEPTION(checked_base_url(url), Error, has_code(Code::kInvalid));
    }
  }
  for (const char* url : {"http://h/?a=b", "http://h/#a", "http://h/a b", "http://h/\n"}) {
    BOOST_TEST_CONTEXT(url) {
      BOOST_CHECK_EXCEPTION(checked_base_url(url), Error, has_code(Code::kInvalid));
    }
  }
  BOOST_TEST(checked_base_url("https://h:81/a//") == "https://h:81/a");
  BOOST_TEST(checked_base_url("http://[::1]:81/") == "http://[::1]:81");
}

BOOST_AUTO_TEST_CASE(a_token_goes_to_no_other_host) {
  const std::string field = "Authorization: Bearer geheim\r\n";
  std::string to_here, to_there;
  TestServer there([&](const Request& request) {
    to_there += request.head();
    request.reply("200 OK", "x");
  });
  TestServer here([&](const Request& request) {
    to_here += request.path() + (request.head().find(field) == std::string::npos ? "-" : "+");
    if (request.path() == "/near") {
      request.reply("302 Found", "", "Location: /far\r\n");
    } else {
      request.reply("302 Found", "", "Location: " + there.url("/end") + "\r\n");
    }
  });
  options.token = "geheim";
  BOOST_TEST(get(here.url("/near")).status == 200u);
  BOOST_TEST(to_here == "/near+/far+");
  BOOST_TEST(to_there.find("GET /end ") == 0u);
  BOOST_TEST(to_there.find("geheim") == std::string::npos);
  BOOST_TEST(to_there.find("Authorization") == std::string::npos);
  for (const char* bad : {"a b", "a\r\nX: y", "\x80"}) {
    options.token = bad;
    BOOST_CHECK_EXCEPTION(get(here.url("/near")), Error, has_code(Code::kUsage));
  }
}

BOOST_AUTO_TEST_CASE(a_request_as_a_whole_has_a_limit) {
  // Too quick to be stuck, and without an end.
  TestServer server([&](const Request& request) {
    if (request.path() == "/busy") return request.reply("503 Service Unavailable", "");
    request.send("HTTP/1.1 200 OK\r\n\r\n");
    while (request.send(std::string(1000, 'x'))) std::this_thread::sleep_for(milliseconds(5));
  });
  max_size = std::uint64_t{1} << 40;
  options.attempts = 1000;
  options.total_timeout = milliseconds(300);
  for (const char* path : {"/endless", "/busy"}) {
    const auto begun = std::chrono::steady_clock::now();
    BOOST_CHECK_EXCEPTION(get(server.url(path)), Error, has_code(Code::kUnavailable));
    BOOST_TEST((std::chrono::steady_clock::now() - begun < seconds(5)));
  }
}

BOOST_AUTO_TEST_CASE(a_request_can_be_stopped) {
  std::stop_source source;
  TestServer server([&](const Request& request) {
    source.request_stop();
    if (request.path() == "/busy") return request.reply("503 Service Unavailable", "");
    request.stall();
  });
  options.attempts = 1000;
  options.stall_timeout = seconds(100);
  for (const char* path : {"/stalls", "/busy"}) {
    source = std::stop_source();
    options.stop = source.get_token();
    const auto begun = std::chrono::steady_clock::now();
    BOOST_CHECK_EXCEPTION(get(server.url(path)), Error, has_code(Code::kUnavailable));
    BOOST_TEST((std::chrono::steady_clock::now() - begun < seconds(10)));
  }
  BOOST_TEST(server.requests() == 2u);
}

BOOST_AUTO_TEST_CASE(messages_have_no_passwords) {
  BOOST_TEST(url_without_secrets("http://u:geheim@h/a") == "http://h/a");
  BOOST_TEST(url_without_secrets("http://h/a") == "http://h/a");
  for (const char* url : {"ftp://u:geheim@h/", "nothing://u:geheim@h/", "u:geheim@h",
                          "http://u:geheim@h:99999/", "http://u:geheim@h/ x"}) {
    BOOST_TEST_CONTEXT(url) {
      BOOST_TEST(url_without_secrets(url).find("geheim") == std::string::npos);
    }
  }
  options.attempts = 1;
  BOOST_CHECK_EXCEPTION(get("http://u:geheim@127.0.0.1:1/x"), Error, [](const Error& error) {
    return std::string(error.what()).find("geheim") == std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::net
