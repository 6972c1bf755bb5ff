#include "metaset/http/target.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/percent.h"
#include "metaset/http/routes.h"
#include "metaset/ips/fmri.h"

#include "has_code.h"

namespace metaset::http {
namespace {

BOOST_AUTO_TEST_SUITE(target)

BOOST_AUTO_TEST_CASE(an_operation_without_publisher) {
  Target target;
  target.parse("/manifest/0/lib%2Fzlib@1.3%2C5.11-1%3A20240501T100000Z?x=1", "");
  BOOST_TEST(target.operation() == "manifest");
  BOOST_TEST(target.version() == "0");
  BOOST_TEST(target.publisher() == "");
  BOOST_REQUIRE(target.arguments().size() == 1);
  BOOST_TEST(target.arguments()[0].text == "lib/zlib@1.3,5.11-1:20240501T100000Z");
  BOOST_TEST(target.arguments()[0].raw == "lib%2Fzlib@1.3%2C5.11-1%3A20240501T100000Z");
  BOOST_TEST(target.query() == "x=1");
}

BOOST_AUTO_TEST_CASE(below_a_publisher) {
  Target target;
  target.parse("/test/catalog/1/catalog.attrs", "");
  BOOST_TEST(target.publisher() == "test");
  BOOST_TEST(target.operation() == "catalog");
  BOOST_TEST(target.version() == "1");
  BOOST_TEST(target.joined_arguments() == "catalog.attrs");
  target.parse("/open%2Eindiana.org/versions/0/", "");
  BOOST_TEST(target.publisher() == "open.indiana.org");
  BOOST_TEST(target.operation() == "versions");
}

BOOST_AUTO_TEST_CASE(an_operation_word_is_never_a_publisher) {
  Target target;
  target.parse("/file/catalog/1", "");
  BOOST_TEST(target.publisher() == "");
  BOOST_TEST(target.operation() == "file");
  BOOST_TEST(target.version() == "catalog");
}

BOOST_AUTO_TEST_CASE(the_words_are_those_of_the_model) {
  for (const Route& route : routes()) {
    if (has_version(route.operation)) BOOST_TEST(ips::is_operation_name(route.operation));
  }
  BOOST_TEST(!is_operation_word(""));
  BOOST_TEST(!is_operation_word("Versions"));
}

BOOST_AUTO_TEST_CASE(empty_segments) {
  Target target;
  target.parse("/versions//0", "");
  BOOST_TEST(target.version() == "0");
  target.parse("/versions/0/", "");
  BOOST_TEST(target.version() == "0");
  BOOST_TEST(target.ends_with_slash());
  // The original answers these with 404.
  target.parse("//versions/0", "");
  BOOST_TEST(target.operation() == "");
  BOOST_TEST(target.publisher() == "");
  target.parse("/manifest/0/pkg://test/lib/zlib@1", "");
  BOOST_TEST(target.joined_arguments() == "pkg:/test/lib/zlib@1");
}

BOOST_AUTO_TEST_CASE(paths_without_operation) {
  Target target;
  for (const char* uri : {"/", "", "?a=b", "/en/index.shtml", "/pub", "/pub/", "/robots.txt"}) {
    target.parse(uri, "");
    BOOST_TEST(target.operation() == "", uri);
  }
  target.parse("/pub/en/index.shtml", "");
  BOOST_TEST(target.publisher() == "pub");
  BOOST_TEST(target.segments().size() == 3);
}

BOOST_AUTO_TEST_CASE(missing_parts) {
  Target target;
  target.parse("/catalog", "");
  BOOST_TEST(target.operation() == "catalog");
  BOOST_TEST(target.version() == "");
  BOOST_TEST(target.arguments().empty());
  target.parse("/pub/feed", "");
  BOOST_TEST(target.operation() == "feed");
  BOOST_TEST(target.publisher() == "pub");
}

BOOST_AUTO_TEST_CASE(the_base_is_stripped) {
  Target target;
  for (const char* base : {"/r", "/r/", "r", "//r//"}) {
    target.parse("/r/versions/0", base);
    BOOST_TEST(target.operation() == "versions");
    BOOST_TEST(target.prefix() == "/r");
  }
  target.parse("/%72%20x/y/versions/0", "/r x/y");
  BOOST_TEST(target.operation() == "versions");
  target.parse("/r", "/r");
  BOOST_TEST(target.segments().empty());
  for (const char* uri : {"/", "/rr/versions/0", "/x/r/versions/0", ""}) {
    BOOST_CHECK_EXCEPTION(target.parse(uri, "/r"), Error, has_code(Code::kNotFound));
  }
}

BOOST_AUTO_TEST_CASE(views) {
  Target target;
  target.parse("/r/metaset/2024-05-01T10:00:00Z/pub/catalog/1/catalog.attrs", "/r");
  BOOST_TEST((target.view() == View::kMetaset));
  BOOST_TEST(target.view_name() == "2024-05-01T10:00:00Z");
  BOOST_TEST(target.prefix() == "/r/metaset/2024-05-01T10:00:00Z");
  BOOST_TEST(target.publisher() == "pub");
  BOOST_TEST(target.operation() == "catalog");
  target.parse("/staging/next%20one/versions/0", "");
  BOOST_TEST((target.view() == View::kStaging));
  BOOST_TEST(target.view_name() == "next one");
  target.parse("/versions/0", "");
  BOOST_TEST((target.view() == View::kActive));
  BOOST_TEST(target.view_name() == "");
  BOOST_TEST(target.prefix() == "");
}

BOOST_AUTO_TEST_CASE(decoding_is_lenient_and_gives_utf8) {
  Target target;
  target.parse("/p5i/0/100%/%zz%4/%e9t%C3%A9/%C3%A9", "");
  BOOST_TEST(target.joined_arguments() == "100%/%zz%4/\xc3\xa9t\xc3\x83\xc2\xa9/\xc3\xa9");
  BOOST_CHECK_EXCEPTION(target.parse("/p5i/0/a%00b", ""), Error, has_code(Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(dots_are_noticed_after_decoding) {
  Target target;
  for (const char* uri :
       {"/a/../open/0", "/open/0/x%2F..%2F..%2Fversions", "/%2e%2e/x", "/a/./b", "/file/0/.."}) {
    target.parse(uri, "");
    BOOST_TEST(target.has_dots(), uri);
  }
  for (const char* uri : {"/manifest/0/a@1.0..2", "/...", "/a.b/.c", "/x%2F...%2Fy"}) {
    target.parse(uri, "");
    BOOST_TEST(!target.has_dots(), uri);
  }
}

BOOST_AUTO_TEST_CASE(absolute_form) {
  Target target;
  target.parse("http://host:81/versions/0", "");
  BOOST_TEST(target.operation() == "versions");
  target.parse("https://host?x", "");
  BOOST_TEST(target.segments().empty());
  BOOST_TEST(target.query() == "x");
}

BOOST_AUTO_TEST_CASE(bounds) {
  Target target;
  target.parse("/file/0/" + std::string(kMaxUri - 8, 'a'), "");
  BOOST_CHECK_EXCEPTION(target.parse("/file/0/" + std::string(kMaxUri - 7, 'a'), ""), StatusError,
                        has_status(414));
  std::string many;
  for (std::size_t i = 0; i < kMaxSegments; ++i) many += "/a";
  target.parse(many, "");
  BOOST_CHECK_EXCEPTION(target.parse(many + "/a", ""), StatusError, has_status(414));
}

BOOST_AUTO_TEST_CASE(encoded_segments_survive) {
  BOOST_CHECK(rc::check("encode, parse", [](const std::vector<std::string>& words) {
    std::string uri = "/file/0";
    std::vector<std::string> expected;
    for (const std::string& word : words) {
      if (word.empty() || word.find('\0') != std::string::npos || !is_utf8(word)) continue;
      uri += "/" + percent_encode(word);
      expected.push_back(word);
    }
    RC_PRE(uri.size() <= kMaxUri && expected.size() <= kMaxSegments - 2);
    Target target;
    target.parse(uri, "");
    RC_ASSERT(target.arguments().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      RC_ASSERT(target.arguments()[i].text == expected[i]);
    }
  }));
}

BOOST_AUTO_TEST_CASE(any_bytes_parse_or_are_refused) {
  BOOST_CHECK(rc::check("no surprise", [](const std::string& uri, const std::string& base) {
    const std::string text = "/" + uri;  // outlives the target, which refers to it
    Target target;
    try {
      target.parse(text, base);
    } catch (const Error&) {
      return;
    } catch (const StatusError&) {
      return;
    }
    for (const Segment& segment : target.segments()) {
      RC_ASSERT(is_utf8(segment.text));
      RC_ASSERT(segment.raw.find('/') == std::string_view::npos);
    }
  }));
}

BOOST_AUTO_TEST_CASE(script_name_is_a_base_only_if_the_path_continues) {
  BOOST_TEST(script_base("/depot", "/versions/0", "/depot/versions/0") == "/depot");
  BOOST_TEST(script_base("/depot", "", "/depot/versions/0?x") == "/depot");
  // nginx gives the whole path if it was not told to split it.
  BOOST_TEST(script_base("/versions/0/", "", "/versions/0/") == "");
  BOOST_TEST(script_base("", "", "/versions/0/") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
