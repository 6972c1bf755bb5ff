#include "metaset/http/dispatch.h"

#include <set>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>

#include "metaset/metrics/snapshot.h"

#include "dispatcher_fixture.h"

namespace metaset::http {
namespace {

std::string paragraph(const FakeGateway& gateway) {
  const std::string body = gateway.body();
  const std::size_t start = body.find("<p>") + 3;
  return body.substr(start, body.find("</p>") - start);
}

BOOST_AUTO_TEST_SUITE(dispatch)

BOOST_AUTO_TEST_CASE(an_answer) {
  DispatcherFixture fixture;
  fixture.work([](Exchange& exchange) {
    BOOST_TEST(exchange.target.joined_arguments() == "a/b");
    exchange.response.body = std::string("content");
    exchange.response.add_header("X-Test", "yes");
  });
  const FakeGateway& gateway = fixture.ask("/known/catalog/1/a%2Fb?ignored=1");
  BOOST_TEST(gateway.status() == 200);
  BOOST_TEST(gateway.field("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(gateway.field("Content-Length") == "7");
  BOOST_TEST(gateway.field("Cache-Control") == "no-cache");
  BOOST_TEST(gateway.field("X-Test") == "yes");
  BOOST_TEST(gateway.body() == "content");
  BOOST_TEST(gateway.writes() == 1);
  BOOST_TEST(fixture.state().ended == 1);
}

BOOST_AUTO_TEST_CASE(requests_that_reach_no_operation) {
  struct {
    const char* uri;
    const char* mode;
    int status;
    const char* message;
  } const cases[] = {
      {"/catalog/1/x", "mirror", 404, "Operation not supported in current server mode."},
      {"/catalog", "mirror", 404, "Operation not supported in current server mode."},
      {"/open/0/x", "default", 404, "Operation not supported in current server mode."},
      {"/status/0", "default", 404, "Operation not supported in current server mode."},
      {"/catalog", "default", 400, "Missing version"},
      {"/catalog/", "default", 400, "Missing version"},
      {"/unknown/catalog", "default", 400, "Missing version"},
      {"/catalog/x", "default", 400, "Non-integer version"},
      {"/catalog/-", "default", 400, "Non-integer version"},
      {"/catalog/7", "default", 404, "Version '7' not supported for operation 'catalog'"},
      {"/catalog/01", "default", 404, "Version '01' not supported for operation 'catalog'"},
      {"/catalog/-1", "default", 404, "Version '-1' not supported for operation 'catalog'"},
      {"/unknown/catalog/1/x", "default", 400, "Unknown publisher: unknown"},
      {"/un%3Cknown/catalog/1/x", "default", 400, "Unknown publisher: un&lt;known"},
      {"/metaset/7/catalog/1/x", "default", 404,
       "Operation not supported below a view of another metaset."},
      {"/file/1/..%2Fx", "default", 404,
       "Nothing matches the given URI: it has a '.' or '..' segment."},
  };
  DispatcherFixture fixture;
  fixture.work([](Exchange&) { BOOST_ERROR("reached"); });
  for (const auto& [uri, mode, status, message] : cases) {
    const FakeGateway& gateway = fixture.ask(uri, {{"METASET_MODE", mode}});
    BOOST_TEST(gateway.status() == status, uri);
    BOOST_TEST(paragraph(gateway) == message);
    BOOST_TEST(gateway.field("Content-Type") == "text/html; charset=utf-8");
    BOOST_TEST(!gateway.has_field("Cache-Control"));
    BOOST_TEST(!gateway.has_field("Pragma"));
  }
  BOOST_TEST(fixture.log() == "");
}

BOOST_AUTO_TEST_CASE(what_has_no_such_check) {
  DispatcherFixture fixture(Role::kPublish);
  for (const char* uri : {"/unknown/open/0/x", "/search/1/a%2F..%2Fb", "/feed", "/known/feed", "/",
                          "/metaset/7/file/1/x", "/unknown/index.shtml"}) {
    BOOST_TEST(fixture.ask(uri).status() == 200, uri);
  }
}

BOOST_AUTO_TEST_CASE(methods) {
  DispatcherFixture fixture;
  const auto ask = [&](const char* uri, const char* method) -> FakeGateway& {
    return fixture.ask(uri, {{"REQUEST_METHOD", method}});
  };
  BOOST_TEST(ask("/catalog/1/x", "HEAD").status() == 200);
  BOOST_TEST(ask("/search/1", "POST").status() == 200);
  for (const char* method : {"POST", "DELETE", "OPTIONS", "get", ""}) {
    const FakeGateway& gateway = ask("/catalog/1/x", method);
    BOOST_TEST(gateway.status() == 405, method);
    BOOST_TEST(gateway.field("Allow") == "GET, HEAD");
  }
  const FakeGateway& upload = ask("/file/1/123_x", "POST");
  BOOST_TEST(upload.status() == 400);
  BOOST_TEST(paragraph(upload) == "No transaction matching '123_x' could be found.");
  DispatcherFixture publishing(Role::kPublish);
  BOOST_TEST(publishing.ask("/file/1/123_x", {{"REQUEST_METHOD", "PUT"}}).status() == 200);
  const FakeGateway& deletion = publishing.ask("/file/1/123_x", {{"REQUEST_METHOD", "DELETE"}});
  BOOST_TEST(deletion.field("Allow") == "GET, HEAD, POST, PUT");
  BOOST_TEST(publishing.ask("/open/0/x", {{"REQUEST_METHOD", "HEAD"}}).status() == 405);
}

BOOST_AUTO_TEST_CASE(failures_become_statuses) {
  struct {
    Code code;
    int retrieval;
    int publication;
  } const cases[] = {
      {Code::kInvalid, 400, 400}, {Code::kUsage, 400, 400},    {Code::kNotFound, 404, 400},
      {Code::kExists, 409, 400},  {Code::kConflict, 409, 400}, {Code::kLimit, 413, 400},
      {Code::kDenied, 403, 403},  {Code::kNoSpace, 507, 400},  {Code::kUnavailable, 504, 504},
      {Code::kCorrupt, 500, 500}, {Code::kIo, 500, 500},       {Code::kInternal, 500, 500},
  };
  DispatcherFixture fixture(Role::kPublish);
  for (const auto& [code, retrieval, publication] : cases) {
    BOOST_TEST(status_of(code, false) == retrieval);
    fixture.work([code = code](Exchange& exchange) {
      exchange.response.add_header("X-Half", "done");
      throw Error(code, "what went wrong");
    });
    BOOST_TEST(fixture.ask("/catalog/1/x").status() == retrieval);
    const FakeGateway& gateway = fixture.ask("/open/0/x");
    BOOST_TEST(gateway.status() == publication);
    BOOST_TEST(!gateway.has_field("X-Half"));
    // Publishers are also told what the disk did.
    const bool shown = paragraph(gateway) == "what went wrong";
    BOOST_TEST(shown == (publication != 500 || code == Code::kIo));
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_fails_early_is_not_taken_for_the_one_before) {
  DispatcherFixture fixture(Role::kPublish);
  BOOST_TEST(fixture.ask("/api/1/commit").field("Content-Type").starts_with("application/json"));
  const FakeGateway& gateway = fixture.ask("/catalog/1/x", {{"METASET_MODE", "mirorr"}});
  BOOST_TEST(gateway.status() == 500);
  BOOST_TEST(gateway.field("Content-Type").starts_with("text/html"));
}

BOOST_AUTO_TEST_CASE(details_of_inner_failures_are_for_the_log) {
  DispatcherFixture fixture;
  fixture.work([](Exchange&) {
    Error error(Code::kCorrupt, "/secret/path is broken");
    throw error.during("reading a manifest");
  });
  const FakeGateway& gateway = fixture.ask("/catalog/1/x");
  BOOST_TEST(gateway.output().find("secret") == std::string::npos);
  const std::string page = paragraph(gateway);
  const std::string reference = page.substr(page.rfind(' ') + 1, page.size() - page.rfind(' ') - 2);
  BOOST_TEST(fixture.log().find("/secret/path is broken") != std::string::npos);
  BOOST_TEST(fixture.log().find(reference) != std::string::npos);
  BOOST_TEST(fixture.log().find("/catalog/1/x") != std::string::npos);
  fixture.work([](Exchange&) { throw std::runtime_error("odd"); });
  BOOST_TEST(fixture.ask("/catalog/1/x").status() == 500);
  BOOST_TEST(fixture.log().find("odd") != std::string::npos);
}

// Each thread has a dispatcher, and all of them one log.
BOOST_AUTO_TEST_CASE(a_reference_is_of_one_failure) {
  DispatcherFixture first, second;
  std::set<std::string> references;
  for (DispatcherFixture* const fixture : {&first, &second, &first, &second}) {
    fixture->work([](Exchange&) { throw std::runtime_error("odd"); });
    references.insert(paragraph(fixture->ask("/catalog/1/x")));
  }
  BOOST_TEST(references.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_request_id_that_is_too_long_is_cut_in_the_log) {
  DispatcherFixture fixture;
  const std::string id(100'000, 'i');
  BOOST_TEST(fixture.ask("/catalog/1/x", {{"METASET_REQUEST_ID", id}}).status() == 500);
  BOOST_TEST(fixture.log().size() < 2000u);
}

BOOST_AUTO_TEST_CASE(the_id_of_a_request_is_on_its_page_and_in_the_log) {
  DispatcherFixture fixture;
  fixture.work([](Exchange& exchange) {
    exchange.log.warning("odd");
    throw Error(Code::kCorrupt, "broken");
  });
  const FakeGateway& gateway = fixture.ask("/catalog/1/x", {{"METASET_REQUEST_ID", "ab-12"}});
  BOOST_TEST(paragraph(gateway).ends_with("under the reference ab-12."));
  BOOST_TEST(fixture.log().find("warning: odd (request ab-12)\n") != std::string::npos);
  BOOST_TEST(fixture.log().find("/catalog/1/x: broken (request ab-12)\n") != std::string::npos);
  const FakeGateway& evil = fixture.ask("/catalog/1/x", {{"METASET_REQUEST_ID", "<\n>"}});
  BOOST_TEST(paragraph(evil).find("&lt;") != std::string::npos);
  BOOST_TEST(fixture.log().find("(request <\\n>)") != std::string::npos);
  const std::string long_id(129, 'x');
  BOOST_TEST(fixture.ask("/catalog/1/x", {{"METASET_REQUEST_ID", long_id}}).status() == 500);
  BOOST_TEST(fixture.log().find("it must have at most 128 bytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(requests_are_counted_as_what_they_were) {
  DispatcherFixture fixture;
  const std::string path = fixture.root() + "/metrics";
  const auto names = operation_names(fake_table());
  fixture.state().counting = std::make_unique<metrics::Counters>(
      path, path, names, metrics::Program::kServe, metrics::Place::kOwnSlot);
  const Environment on = {{"METASET_METRICS", path}};
  const auto ask = [&](const std::string& uri, Environment more = {}) {
    more.insert(on.begin(), on.end());
    fixture.ask(uri, more);
  };
  fixture.work([](Exchange& exchange) {
    exchange.response.body = std::string(100, 'x');
    exchange.response.etag = "tag";
  });
  ask("/catalog/1/x");
  ask("/catalog/1/x", {{"HTTP_RANGE", "bytes=0-9"}});
  ask("/catalog/1/x", {{"REQUEST_METHOD", "HEAD"}});
  fixture.ask("/catalog/1/x");  // not where nothing is counted
  ask("/anything/else");
  ask("/catalog/9/x");
  ask("/catalog/1/x", {{"REQUEST_METHOD", "POST"}});
  fixture.work([](Exchange& exchange) {
    exchange.response.body = StreamBody{[](BodySink& sink) {
      sink.write(std::string(200'000, 'x'));
      throw Error(Code::kCorrupt, "broken");
    }};
  });
  ask("/search/1/x");
  const metrics::Snapshot counted = metrics::CountersFile(path).read();
  const auto* const catalog = counted.find("catalog/1");
  BOOST_TEST(catalog->with_status(200) == 2);
  BOOST_TEST(catalog->with_status(206) == 1);
  BOOST_TEST(catalog->requests() == 3);
  BOOST_TEST(catalog->sent == 110);
  BOOST_TEST(counted.find("pages")->with_status(200) == 1);
  BOOST_TEST(counted.find("none")->with_status(404) == 1);
  BOOST_TEST(counted.find("none")->with_status(405) == 1);
  BOOST_TEST(counted.find("search/1")->with_status(metrics::kBroken) == 1);
  BOOST_TEST(counted.find("search/1")->sent == 200'000);
  BOOST_TEST(counted.workers.at(0).in_flight == 0);
}

BOOST_AUTO_TEST_CASE(a_status_with_header_fields) {
  DispatcherFixture fixture;
  fixture.work(
      [](Exchange&) { throw StatusError(401, "Who are you?").with_header("X-IPkg-Error", "ENT"); });
  const FakeGateway& gateway = fixture.ask("/catalog/1/x");
  BOOST_TEST(gateway.status() == 401);
  BOOST_TEST(gateway.field("X-IPkg-Error") == "ENT");
  BOOST_TEST(paragraph(gateway) == "Who are you?");
}

BOOST_AUTO_TEST_CASE(a_misconfigured_location_names_the_parameter) {
  DispatcherFixture fixture;
  const FakeGateway& gateway = fixture.ask("/catalog/1/x", {{"METASET_MODE", "fast"}});
  BOOST_TEST(gateway.status() == 500);
  BOOST_TEST(paragraph(gateway).find("METASET_MODE") != std::string::npos);
  BOOST_TEST(fixture.log().find("METASET_MODE") != std::string::npos);
  BOOST_TEST(fixture.state().ended == 1);
}

BOOST_AUTO_TEST_CASE(where_the_location_is_mounted) {
  DispatcherFixture fixture;
  BOOST_TEST(fixture.ask("/r/catalog/1/x", {{"METASET_BASE", "/r"}}).status() == 200);
  BOOST_TEST(fixture.ask("/x/catalog/1/x", {{"METASET_BASE", "/r"}}).status() == 404);
  BOOST_TEST(fixture.ask("/r/catalog/1/x", {{"SCRIPT_NAME", "/r"}, {"PATH_INFO", "/catalog/1/x"}})
                 .status() == 200);
  BOOST_TEST(fixture.ask("/catalog/1/x", {{"SCRIPT_NAME", "/catalog/1/x"}}).status() == 200);
}

BOOST_AUTO_TEST_CASE(cache_fields_by_policy) {
  DispatcherFixture fixture;
  const auto field = [&](Cache cache, const char* name) {
    fixture.work([cache](Exchange& exchange) {
      exchange.response.cache = cache;
      exchange.response.refresh_seconds = 100'000;
    });
    return fixture.ask("/catalog/1/x").field(name);
  };
  const std::string control = "Cache-Control";
  BOOST_TEST(field(Cache::kNone, "Cache-Control") == "");
  BOOST_TEST(field(Cache::kBrief, "Cache-Control") == "must-revalidate, no-transform, max-age=300");
  BOOST_TEST(field(Cache::kSearch, "Cache-Control") ==
             "must-revalidate, no-transform, max-age=86400");
  BOOST_TEST(field(Cache::kRefresh, "Cache-Control") ==
             "must-revalidate, no-transform, max-age=100000");
  BOOST_TEST(field(Cache::kImmutable, "Cache-Control") ==
             "must-revalidate, no-transform, max-age=31536000");
  BOOST_TEST(parse_http_date(field(Cache::kProbe, "Expires")).has_value());
  BOOST_TEST(field(Cache::kNever, "Expires") == "0");
  BOOST_TEST(field(Cache::kNever, "Pragma") == "no-cache");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
