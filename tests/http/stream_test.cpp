// Bodies that are made while they are sent, through the dispatcher.
#include <boost/test/unit_test.hpp>

#include "dispatcher_fixture.h"

namespace metaset::http {
namespace {

constexpr const char* kStreamUri = "/search/1/x";
const std::string kStreamLine(1000, 'x');

// Writes lines until the sink wants no more; then calls `end`.
DispatcherFixture::Work lines(
    int count, std::function<void()> end = [] {}, int empty = 200) {
  return [=](Exchange& exchange) {
    exchange.response.body = StreamBody{[=](BodySink& sink) {
                                          for (int i = 0; i < count; ++i) {
                                            if (!sink.write(kStreamLine)) return;
                                          }
                                          end();
                                        },
                                        empty};
  };
}

BOOST_AUTO_TEST_SUITE(stream)

BOOST_AUTO_TEST_CASE(a_short_one_is_a_body_as_any_other) {
  DispatcherFixture fixture;
  fixture.work(lines(2));
  const FakeGateway& gateway = fixture.ask(kStreamUri);
  BOOST_TEST(gateway.status() == 200);
  BOOST_TEST(gateway.field("Content-Length") == "2000");
  BOOST_TEST(gateway.body() == kStreamLine + kStreamLine);
  BOOST_TEST(gateway.writes() == 1);
  BOOST_TEST(gateway.has_field("Cache-Control"));
  BOOST_TEST(fixture.state().ended == 1);
}

BOOST_AUTO_TEST_CASE(an_empty_one_may_have_another_status) {
  DispatcherFixture fixture;
  fixture.work(lines(0));
  BOOST_TEST(fixture.ask(kStreamUri).status() == 200);
  BOOST_TEST(fixture.ask(kStreamUri).field("Content-Length") == "0");
  fixture.work(lines(
      0, [] {}, 204));
  const FakeGateway& gateway = fixture.ask(kStreamUri);
  BOOST_TEST(gateway.status() == 204);
  BOOST_TEST(gateway.body() == "");
  for (const char* field : {"Content-Length", "Content-Type", "Cache-Control", "Expires"}) {
    BOOST_TEST(!gateway.has_field(field));
  }
}

BOOST_AUTO_TEST_CASE(a_long_one_leaves_in_pieces) {
  DispatcherFixture fixture;
  int ended = -1;
  fixture.work(lines(1000, [&] { ended = fixture.state().ended; }));
  const FakeGateway& gateway = fixture.ask(kStreamUri);
  BOOST_TEST(gateway.status() == 200);
  BOOST_TEST(!gateway.has_field("Content-Length"));
  BOOST_TEST(gateway.field("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(gateway.has_field("Cache-Control"));
  BOOST_TEST(gateway.body().size() == 1'000'000U);
  BOOST_TEST(gateway.writes() > 10);
  BOOST_TEST(gateway.writes() < 20);
  BOOST_TEST(!gateway.aborted());
  // The transactions were open until the end, and not longer.
  BOOST_TEST(ended == 0);
  BOOST_TEST(fixture.state().ended == 1);
}

BOOST_AUTO_TEST_CASE(ranges_of_a_long_one_are_not_known) {
  DispatcherFixture fixture;
  fixture.work(lines(1000));
  const FakeGateway& gateway = fixture.ask(kStreamUri, {{"HTTP_RANGE", "bytes=0-9"}});
  BOOST_TEST(gateway.status() == 200);
  BOOST_TEST(gateway.body().size() == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(head_stops_it) {
  DispatcherFixture fixture;
  bool whole = false;
  fixture.work(lines(1000, [&] { whole = true; }));
  const FakeGateway& gateway = fixture.ask(kStreamUri, {{"REQUEST_METHOD", "HEAD"}});
  BOOST_TEST(gateway.status() == 200);
  BOOST_TEST(gateway.body() == "");
  BOOST_TEST(!gateway.has_field("Content-Length"));
  BOOST_TEST(!whole);
  BOOST_TEST(!gateway.aborted());
  fixture.work(lines(2));
  const FakeGateway& small = fixture.ask(kStreamUri, {{"REQUEST_METHOD", "HEAD"}});
  BOOST_TEST(small.body() == "");
  BOOST_TEST(small.field("Content-Length") == "2000");
}

BOOST_AUTO_TEST_CASE(an_early_failure_is_a_status) {
  DispatcherFixture fixture;
  fixture.work(lines(2, [] { throw StatusError(503, "Too long."); }));
  const FakeGateway& gateway = fixture.ask(kStreamUri);
  BOOST_TEST(gateway.status() == 503);
  BOOST_TEST(gateway.body().find("Too long.") != std::string::npos);
  BOOST_TEST(gateway.body().find(kStreamLine) == std::string::npos);
  BOOST_TEST(!gateway.has_field("Cache-Control"));
  fixture.work(lines(2, [] { throw Error(Code::kCorrupt, "torn"); }));
  BOOST_TEST(fixture.ask(kStreamUri).status() == 500);
  BOOST_TEST(!fixture.ask(kStreamUri).aborted());
  BOOST_TEST(fixture.state().ended == 3);
}

BOOST_AUTO_TEST_CASE(a_late_failure_breaks_the_answer_off) {
  DispatcherFixture fixture;
  fixture.work(lines(1000, [] { throw Error(Code::kCorrupt, "torn"); }));
  const FakeGateway& gateway = fixture.ask(kStreamUri);
  BOOST_TEST(gateway.aborted());
  BOOST_TEST(gateway.status() == 200);
  BOOST_TEST(gateway.body().find("torn") == std::string::npos);
  BOOST_TEST(fixture.log().find("GET /search/1/x: torn") != std::string::npos);
  BOOST_TEST(fixture.state().ended == 1);
  // The next request is answered as ever.
  fixture.work(lines(1));
  BOOST_TEST(fixture.ask(kStreamUri).body() == kStreamLine);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
