// Content coding, conditions, ranges and the hand-over of files, through the dispatcher.
#include <boost/test/unit_test.hpp>
#include <fcntl.h>

#include "metaset/base/gzip.h"

#include "dispatcher_fixture.h"

namespace metaset::http {
namespace {

constexpr const char* kUri = "/file/1/x";
const std::string kText = "0123456789abcdefghij";

DispatcherFixture::Work with_tag(Body body) {
  return [body = std::move(body)](Exchange& exchange) {
    exchange.response.body = body;
    exchange.response.etag = "tag";
    exchange.response.last_modified = parse_http_date("Wed, 01 May 2024 10:00:00 GMT");
  };
}

BOOST_AUTO_TEST_SUITE(reply)

BOOST_AUTO_TEST_CASE(kinds_of_bodies) {
  DispatcherFixture fixture;
  const Body bodies[] = {kText, std::make_shared<const std::string>(kText),
                         std::string_view(kText)};
  for (const Body& body : bodies) {
    fixture.work(with_tag(body));
    const FakeGateway& gateway = fixture.ask(kUri);
    BOOST_TEST(gateway.body() == kText);
    BOOST_TEST(gateway.field("Content-Length") == "20");
    BOOST_TEST(gateway.field("ETag") == "\"tag\"");
    BOOST_TEST(gateway.field("Last-Modified") == "Wed, 01 May 2024 10:00:00 GMT");
    BOOST_TEST(gateway.field("Accept-Ranges") == "bytes");
    BOOST_TEST(!gateway.has_field("Vary"));
  }
  fixture.work([](Exchange&) {});
  BOOST_TEST(fixture.ask(kUri).field("Content-Length") == "0");
  fixture.work([](Exchange& exchange) { exchange.response.status = 204; });
  BOOST_TEST(!fixture.ask(kUri).has_field("Content-Length"));
  BOOST_TEST(!fixture.ask(kUri).has_field("Content-Type"));
}

BOOST_AUTO_TEST_CASE(head_has_the_same_fields_and_no_body) {
  DispatcherFixture fixture;
  fixture.work(with_tag(kText));
  const std::string head = fixture.ask(kUri).output();
  const FakeGateway& gateway = fixture.ask(kUri, {{"REQUEST_METHOD", "HEAD"}});
  BOOST_TEST(gateway.body() == "");
  BOOST_TEST(gateway.field("Content-Length") == "20");
  BOOST_TEST(head.substr(0, head.find("Expires")) ==
             gateway.output().substr(0, gateway.output().find("Expires")));
  // Errors too.
  const FakeGateway& error =
      fixture.ask("/file/1", {{"REQUEST_METHOD", "HEAD"}, {"METASET_MODE", "x"}});
  BOOST_TEST(error.status() == 500);
  BOOST_TEST(error.body() == "");
}

BOOST_AUTO_TEST_CASE(stored_gzip_bytes) {
  DispatcherFixture fixture;
  const std::string stored = gzip(kText, kMetadataLevel);
  fixture.work(with_tag(GzipBody{stored, kText.size()}));
  const FakeGateway& coded = fixture.ask(kUri, {{"HTTP_ACCEPT_ENCODING", "deflate, gzip"}});
  BOOST_TEST(coded.body() == stored);
  BOOST_TEST(coded.field("Content-Encoding") == "gzip");
  BOOST_TEST(coded.field("Vary") == "Accept-Encoding");
  BOOST_TEST(coded.field("ETag") == "\"tag-gz\"");
  const FakeGateway& plain = fixture.ask(kUri, {{"HTTP_ACCEPT_ENCODING", "gzip;q=0"}});
  BOOST_TEST(plain.body() == kText);
  BOOST_TEST(!plain.has_field("Content-Encoding"));
  BOOST_TEST(plain.field("Vary") == "Accept-Encoding");
  BOOST_TEST(plain.field("ETag") == "\"tag\"");
  BOOST_TEST(fixture.ask(kUri, {{"REQUEST_METHOD", "HEAD"}}).field("Content-Length") == "20");
  fixture.work(with_tag(GzipBody{stored, kText.size() + 1}));
  BOOST_TEST(fixture.ask(kUri).status() == 500);
  fixture.work(with_tag(GzipBody{"not gzip", 8}));
  BOOST_TEST(fixture.ask(kUri).status() == 500);
}

BOOST_AUTO_TEST_CASE(conditions) {
  DispatcherFixture fixture;
  fixture.work(with_tag(kText));
  const FakeGateway& same = fixture.ask(kUri, {{"HTTP_IF_NONE_MATCH", "\"tag\""}});
  BOOST_TEST(same.status() == 304);
  BOOST_TEST(same.body() == "");
  BOOST_TEST(same.field("ETag") == "\"tag\"");
  BOOST_TEST(same.has_field("Cache-Control"));
  BOOST_TEST(!same.has_field("Content-Length"));
  BOOST_TEST(!same.has_field("Content-Type"));
  BOOST_TEST(
      fixture.ask(kUri, {{"HTTP_IF_MODIFIED_SINCE", "Wed, 01 May 2024 10:00:00 GMT"}}).status() ==
      304);
  const FakeGateway& failed = fixture.ask(kUri, {{"HTTP_IF_MATCH", "\"other\""}});
  BOOST_TEST(failed.status() == 412);
  BOOST_TEST(failed.body().find("<p>") != std::string::npos);
  // Answers without validators are never 304.
  fixture.work([](Exchange& exchange) { exchange.response.body = kText; });
  BOOST_TEST(fixture.ask(kUri, {{"HTTP_IF_NONE_MATCH", "*"}}).status() == 200);
}

BOOST_AUTO_TEST_CASE(one_range) {
  DispatcherFixture fixture;
  fixture.work(with_tag(kText));
  const FakeGateway& part = fixture.ask(kUri, {{"HTTP_RANGE", "bytes=5-9"}});
  BOOST_TEST(part.status() == 206);
  BOOST_TEST(part.body() == "56789");
  BOOST_TEST(part.field("Content-Range") == "bytes 5-9/20");
  BOOST_TEST(part.field("Content-Length") == "5");
  const FakeGateway& beyond = fixture.ask(kUri, {{"HTTP_RANGE", "bytes=20-"}});
  BOOST_TEST(beyond.status() == 416);
  BOOST_TEST(beyond.field("Content-Range") == "bytes */20");
  BOOST_TEST(
      fixture.ask(kUri, {{"HTTP_RANGE", "bytes=5-9"}, {"HTTP_IF_RANGE", "\"old\""}}).status() ==
      200);
  BOOST_TEST(
      fixture.ask(kUri, {{"HTTP_RANGE", "bytes=5-9"}, {"REQUEST_METHOD", "HEAD"}}).status() == 200);
  BOOST_TEST(fixture.ask(kUri, {{"HTTP_RANGE", "lines=5-9"}}).status() == 200);
}

BOOST_AUTO_TEST_CASE(several_ranges) {
  DispatcherFixture fixture;
  fixture.work(with_tag(kText));
  const FakeGateway& parts = fixture.ask(kUri, {{"HTTP_RANGE", "bytes=0-1,-2"}});
  BOOST_TEST(parts.status() == 206);
  const std::string type = parts.field("Content-Type");
  BOOST_TEST(type.starts_with("multipart/byteranges; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  const std::string expected =
      "\r\n--" + boundary +
      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/20"
      "\r\n\r\n01\r\n--" +
      boundary +
      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 18-19/20"
      "\r\n\r\nij\r\n--" +
      boundary + "--\r\n";
  BOOST_TEST(parts.body() == expected);
  BOOST_TEST(parts.field("Content-Length") == std::to_string(expected.size()));
}

struct FileFixture : DispatcherFixture {
  FileFixture() {
    make_directories(root() + "/file/ab");
    for (std::size_t i = 0; i < 1'000'000; ++i) large += static_cast<char>('a' + i % 23);
    write_file_atomically(root() + "/file/ab/large x", large, false);
    write_file_atomically(root() + "/file/ab/small", kText, false);
  }
  void serve(const std::string& path, std::uint64_t size, const std::string& gzip_path = {}) {
    work(with_tag(FileBody{path, gzip_path, size}));
  }
  std::string large;
};

BOOST_FIXTURE_TEST_CASE(files_through_us, FileFixture) {
  serve("file/ab/small", 20);
  BOOST_TEST(ask(kUri).body() == kText);
  BOOST_TEST(ask(kUri).writes() == 1);
  serve("file/ab/large x", large.size());
  BOOST_TEST((ask(kUri).body() == large));
  const FakeGateway& part = ask(kUri, {{"HTTP_RANGE", "bytes=300000-899999"}});
  BOOST_TEST((part.body() == large.substr(300'000, 600'000)));
  BOOST_TEST(ask(kUri, {{"HTTP_RANGE", "bytes=1-2,900000-900009"}})
                 .body()
                 .find(large.substr(900'000, 10)) != std::string::npos);
  const FakeGateway& head = ask(kUri, {{"REQUEST_METHOD", "HEAD"}});
  BOOST_TEST(head.field("Content-Length") == "1000000");
  BOOST_TEST(head.body() == "");
}

BOOST_FIXTURE_TEST_CASE(files_that_are_not_as_expected, FileFixture) {
  serve("file/ab/none", 20);
  BOOST_TEST(ask(kUri).status() == 504);
  serve("file/ab/small", 21);
  BOOST_TEST(ask(kUri).status() == 500);
  serve("file/ab/large x", large.size() + 1);
  BOOST_TEST(ask(kUri).aborted());
}

BOOST_FIXTURE_TEST_CASE(files_through_the_web_server, FileFixture) {
  serve("file/ab/large x", large.size());
  const FakeGateway& accel = ask(kUri, {{"METASET_ACCEL", "/.internal"}});
  BOOST_TEST(accel.status() == 200);
  BOOST_TEST(accel.field("X-Accel-Redirect") == "/.internal/file/ab/large%20x");
  BOOST_TEST(accel.field("ETag") == "\"tag\"");
  BOOST_TEST(!accel.has_field("Content-Length"));
  BOOST_TEST(accel.body() == "");
  BOOST_TEST(accel.closes());
  // Ranges are the web server's business; a 304 is ours.
  BOOST_TEST(ask(kUri, {{"METASET_ACCEL", "/.internal"}, {"HTTP_RANGE", "bytes=0-1"}}).status() ==
             200);
  const FakeGateway& same =
      ask(kUri, {{"METASET_ACCEL", "/.internal"}, {"HTTP_IF_NONE_MATCH", "\"tag\""}});
  BOOST_TEST(same.status() == 304);
  BOOST_TEST(!same.has_field("X-Accel-Redirect"));
  BOOST_TEST(!same.closes());
  const FakeGateway& sendfile = ask(kUri, {{"METASET_ACCEL", "sendfile"}});
  BOOST_TEST(sendfile.field("X-Sendfile") == root() + "/file/ab/large x");
  BOOST_TEST(sendfile.field("Accept-Ranges") == "bytes");
  BOOST_TEST(!sendfile.closes());
  // The web server would compare these with its own idea of the file.
  for (const char* condition : {"HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"}) {
    const char* value = condition == std::string_view("HTTP_IF_MATCH")
                            ? "\"tag\""
                            : "Wed, 01 May 2024 10:00:00 GMT";
    const FakeGateway& guarded = ask(kUri, {{"METASET_ACCEL", "/.internal"}, {condition, value}});
    BOOST_TEST(guarded.status() == 200);
    BOOST_TEST(!guarded.has_field("X-Accel-Redirect"));
    BOOST_TEST((guarded.body() == large));
  }
  // Not worth it.
  BOOST_TEST(ask(kUri, {{"METASET_ACCEL", "/.internal"}, {"REQUEST_METHOD", "HEAD"}})
                 .field("Content-Length") == "1000000");
  serve("file/ab/small", 20);
  BOOST_TEST(ask(kUri, {{"METASET_ACCEL", "/.internal"}}).body() == kText);
}

BOOST_FIXTURE_TEST_CASE(files_with_a_compressed_sibling, FileFixture) {
  const std::string stored = gzip(large, kMetadataLevel);
  write_file_atomically(root() + "/file/ab/large.gz", stored, false);
  serve("file/ab/large x", large.size(), "file/ab/large.gz");
  const Environment accepts = {{"HTTP_ACCEPT_ENCODING", "gzip"}};
  for (const char* accel : {"", "sendfile"}) {
    Environment environment = accepts;
    environment["METASET_ACCEL"] = accel;
    const FakeGateway& coded = ask(kUri, environment);
    BOOST_TEST(coded.field("Content-Encoding") == "gzip");
    BOOST_TEST(coded.field("Vary") == "Accept-Encoding");
    BOOST_TEST((coded.body() == stored));
  }
  BOOST_TEST((ask(kUri).body() == large));
  BOOST_TEST(ask(kUri).field("Vary") == "Accept-Encoding");
  // Compressed it is small enough to be sent from here.
  Environment accel = accepts;
  accel["METASET_ACCEL"] = "/.internal";
  BOOST_TEST((ask(kUri, accel).body() == stored));
  write_file_atomically(root() + "/file/ab/large.gz", large, false);
  const FakeGateway& handed = ask(kUri, accel);
  BOOST_TEST(handed.field("X-Accel-Redirect") == "/.internal/file/ab/large.gz");
  BOOST_TEST(handed.field("Content-Encoding") == "gzip");
  BOOST_TEST(handed.field("ETag") == "\"tag-gz\"");
  accel["HTTP_IF_NONE_MATCH"] = "\"tag-gz\"";
  BOOST_TEST(ask(kUri, accel).status() == 304);
  remove_file(root() + "/file/ab/large.gz");
  BOOST_TEST((ask(kUri, accepts).body() == large));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
