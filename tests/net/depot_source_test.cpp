#include "metaset/net/depot_source.h"

#include <mutex>

#include "../base/has_code.h"
#include "http_server.h"

namespace metaset::net {
namespace {

using Request = TestServer::Request;

struct Taker : store::PayloadTaker {
  void begin() override { bytes.clear(); }
  bool write(std::string_view piece) override {
    bytes += piece;
    return true;
  }
  bool end() override { return bytes == wanted; }
  std::uint64_t max_size() const override { return limit; }
  std::string bytes, wanted = "right";
  std::uint64_t limit = 1000;
};

// A depot whose answers are a function of the path, and which notes what it was asked for.
struct Depot {
  using Answer = std::function<void(const Request& request, const std::string& path)>;
  explicit Depot(Answer answer)
      : server([this, answer = std::move(answer)](const Request& request) {
          {
            const std::lock_guard lock(mutex);
            asked.push_back(request.path());
          }
          answer(request, request.path());
        }) {
    options.backoff = std::chrono::milliseconds(1);
    options.attempts = 2;
    source = depot_source(server.url("/top/"), options);
  }
  bool manifest(const std::string& right) {
    return source->manifest(wanted, [&](std::string&& text) { return text == right; });
  }
  bool payload() { return source->payload({name, {"a.org", "b.org"}}, taker); }

  const std::string name = std::string(40, 'a');
  store::WantedManifest wanted{"a.org", "x/y", "1.0,5.11-1:20240501T100000Z", {}, 7};
  std::mutex mutex;
  std::vector<std::string> asked;
  TestServer server;
  HttpOptions options;
  Taker taker;
  std::unique_ptr<store::ContentSource> source;
};

const std::string kManifest = "/manifest/0/x%2Fy@1.0%2C5.11-1%3A20240501T100000Z";

BOOST_AUTO_TEST_SUITE(depot_source_suite)

BOOST_AUTO_TEST_CASE(manifests_are_asked_for_in_all_places) {
  Depot depot([](const Request& request, const std::string& path) {
    if (path.starts_with("/top/a.org")) return request.reply("200 OK", "newer");
    if (path.starts_with("/top/metaset/7/a.org")) return request.reply("200 OK", "right");
    request.reply("404 Not Found", "");
  });
  BOOST_TEST(depot.source->name() == depot.server.url("/top"));
  BOOST_TEST(depot.manifest("right"));
  const std::vector<std::string> expected{"/top/a.org" + kManifest, "/top" + kManifest,
                                          "/top/metaset/7/a.org" + kManifest};
  BOOST_TEST(depot.asked == expected, boost::test_tools::per_element());
  depot.asked.clear();
  BOOST_TEST(depot.manifest("newer"));
  BOOST_TEST(depot.asked.size() == 1u);
  BOOST_TEST(!depot.manifest("other"));
}

BOOST_AUTO_TEST_CASE(payloads_are_asked_for_in_all_places) {
  Depot depot([](const Request& request, const std::string& path) {
    if (path.starts_with("/top/b.org")) return request.reply("200 OK", "right");
    if (path.starts_with("/top/a.org")) return request.reply("400 Bad Request", "no publisher");
    request.reply("200 OK", "wrong");
  });
  BOOST_TEST(depot.payload());
  const std::vector<std::string> expected{"/top/file/1/" + depot.name,
                                          "/top/a.org/file/1/" + depot.name,
                                          "/top/b.org/file/1/" + depot.name};
  BOOST_TEST(depot.asked == expected, boost::test_tools::per_element());
  depot.taker.wanted = "something else";
  BOOST_TEST(!depot.payload());
}

BOOST_AUTO_TEST_CASE(one_that_is_too_large_is_not_the_last_word) {
  Depot depot([](const Request& request, const std::string& path) {
    const bool first = path.starts_with("/top/file");
    request.reply("200 OK", first ? std::string(5000, 'l') : "right");
  });
  BOOST_TEST(depot.payload());
  depot.taker.wanted = "something else";
  BOOST_CHECK_EXCEPTION(depot.payload(), Error, has_code(Code::kLimit));
  depot.taker.limit = 10'000;
  BOOST_TEST(!depot.payload());
}

BOOST_AUTO_TEST_CASE(one_that_stays_away_is_left_alone) {
  bool busy = true;
  Depot depot([&](const Request& request, const std::string&) {
    request.reply(busy ? "503 Busy" : "200 OK", "right");
  });
  BOOST_CHECK_EXCEPTION(depot.payload(), Error, has_code(Code::kUnavailable));
  BOOST_TEST(depot.asked.size() == 2u);
  busy = false;
  BOOST_TEST(depot.payload());  // it is there again
  busy = true;
  for (int i = 0; i < 5; ++i) {
    BOOST_CHECK_EXCEPTION(depot.payload(), Error, has_code(Code::kUnavailable));
  }
  BOOST_TEST(depot.asked.size() == 2u + 1u + 2u * 2u);
}

BOOST_AUTO_TEST_CASE(one_that_refuses) {
  Depot depot([](const Request& request, const std::string&) { request.reply("401 No", "who?"); });
  BOOST_CHECK_EXCEPTION(depot.payload(), Error, [](const Error& error) {
    return error.code() == Code::kDenied && error.message().find("status 401") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::net
