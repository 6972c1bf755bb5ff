#include "metaset/ips/fmri.h"

#include <boost/test/unit_test.hpp>

#include "expect.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using testing::expect_invalid;
using testing::holds;

BOOST_AUTO_TEST_SUITE(fmri)

BOOST_AUTO_TEST_CASE(reads_every_prefix) {
  const std::vector<std::pair<std::string, std::string>> publishers = {
      {"pkg://test/", "test"}, {"//test/", "test"}, {"pkg:///", ""},
      {"pkg:/", ""},           {"/", ""},           {"", ""}};
  for (const auto& [prefix, publisher] : publishers) {
    const Fmri with = Fmri::parse(prefix + "lib/zlib@1.3-1");
    BOOST_TEST(with.publisher == publisher);
    BOOST_TEST(with.name == "lib/zlib");
    BOOST_TEST(with.version->text() == "1.3,5.11-1");
    const Fmri without = Fmri::parse(prefix + "lib/zlib");
    BOOST_TEST(without.publisher == publisher);
    BOOST_TEST(!without.version);
  }
}

BOOST_AUTO_TEST_CASE(writes_canonical_text) {
  BOOST_TEST(Fmri::parse("//test/a@1").text() == "pkg://test/a@1,5.11");
  BOOST_TEST(Fmri::parse("a@1", "5.10").text() == "pkg:/a@1,5.10");
  BOOST_TEST(Fmri::parse("/a").text() == "pkg:/a");
  BOOST_TEST(Fmri::parse("pkg://test/a@1").stem_text() == "a@1,5.11");
  BOOST_TEST(Fmri::parse("a \t\n").text() == "pkg:/a");
}

BOOST_AUTO_TEST_CASE(refuses_illegal_ones) {
  expect_invalid("Missing package name", [] { Fmri::parse(""); });
  expect_invalid("Missing package name", [] { Fmri::parse("pkg:/"); });
  expect_invalid("Missing package name", [] { Fmri::parse("pkg://test/"); });
  expect_invalid("Missing package name", [] { Fmri::parse("@1"); });
  expect_invalid("Missing '/'", [] { Fmri::parse("pkg://x@1"); });
  expect_invalid("Missing '/'", [] { Fmri::parse("pkg://x@1/2"); });
  expect_invalid("Missing '/'", [] { Fmri::parse("//x"); });
  expect_invalid("empty", [] { Fmri::parse("name@"); });
  expect_invalid("Invalid Package Name: 'a@1'", [] { Fmri::parse("a@1@1"); });
  for (const char* name : {"a//b", "a/", "-a", "a/.b", "a b", "_a", "a/+b", "a*", "gr\xc3\xbcn"}) {
    expect_invalid("Invalid Package Name", [name] { Fmri::parse(name); });
  }
  expect_invalid("Invalid publisher prefix", [] { Fmri::parse("pkg://fru_it/x@1"); });
  expect_invalid("Invalid publisher prefix", [] { Fmri::parse("pkg://file/x@1"); });
}

BOOST_AUTO_TEST_CASE(bounds_names_as_file_systems_do) {
  BOOST_TEST(is_package_name(std::string(255, 'a')));
  BOOST_TEST(!is_package_name(std::string(256, 'a')));
  BOOST_TEST(is_package_name(std::string(200, 'a') + "/" + std::string(52, 'b')));
  BOOST_TEST(!is_package_name(std::string(200, 'a') + "/" + std::string(53, 'b')));
  expect_invalid("255 bytes", [] { Fmri::parse(std::string(300, 'a')); });
}

BOOST_AUTO_TEST_CASE(encodes_as_the_protocol_says) {
  const Fmri fmri = Fmri::parse("pkg://test/lib/a+b@1.0,5.11-2:20240101T000000Z");
  BOOST_TEST(fmri.url_path() == "lib%2Fa%2Bb@1.0%2C5.11-2%3A20240101T000000Z");
  BOOST_TEST(transaction_id(fmri) ==
             "1704067200_pkg%3A%2F%2Ftest%2Flib%2Fa%2Bb%401.0%2C5.11-2%3A20240101T000000Z");
  BOOST_TEST(transaction_id(Fmri::parse("pkg://test/lib/zlib@1.3,5.11-1:20240501T100000Z")) ==
             "1714557600_pkg%3A%2F%2Ftest%2Flib%2Fzlib%401.3%2C5.11-1%3A20240501T100000Z");
  expect_invalid("timestamp", [] { transaction_id(Fmri::parse("a@1")); });
  expect_invalid("timestamp", [] { transaction_id(Fmri::parse("a")); });
  BOOST_TEST(Fmri::parse("a/b").url_path() == "a%2Fb");
}

BOOST_AUTO_TEST_CASE(publisher_names) {
  for (const char* name : {"test", "example.org", "veg-dev", "a", "0", "A.B-c.", "catalogs"}) {
    BOOST_TEST(is_publisher_name(name), name);
  }
  for (const char* name : {"", ".a", "-a", "a_b", "a:b", "a/b", "a b", "catalog", "feed", "p5i",
                           "gr\xc3\xbcn", "a\n"}) {
    BOOST_TEST(!is_publisher_name(name), name);
  }
  BOOST_TEST(is_publisher_name(std::string(kMaxPublisher, 'a')));
  BOOST_TEST(!is_publisher_name(std::string(kMaxPublisher + 1, 'a')));
}

BOOST_AUTO_TEST_CASE(operation_names) {
  for (const char* name :
       {"versions", "search", "catalog", "info", "manifest", "file", "open", "append", "close",
        "add", "abandon", "p5i", "index", "status", "admin", "feed", "publisher"}) {
    BOOST_TEST(is_operation_name(name), name);
  }
  BOOST_TEST(!is_operation_name("Catalog"));
  BOOST_TEST(!is_operation_name(""));
}

BOOST_AUTO_TEST_CASE(text_is_read_as_the_same_fmri) {
  BOOST_TEST(holds([] {
    Fmri first;
    first.publisher = *testing::publisher_name();
    first.name = *testing::package_name();
    if (*rc::gen::arbitrary<bool>()) first.version = Version::parse(*testing::version_text());
    const Fmri second = Fmri::parse(first.text());
    RC_ASSERT(second.publisher == first.publisher);
    RC_ASSERT(second.name == first.name);
    RC_ASSERT(second.version == first.version);
    RC_ASSERT(second.text() == first.text());
    RC_ASSERT(Fmri::parse(first.stem_text()).stem_text() == first.stem_text());
  }));
}

BOOST_AUTO_TEST_CASE(parsing_any_text_gives_an_fmri_or_an_error) {
  BOOST_TEST(holds([] {
    const std::string text = *testing::text_of("pkg:///@@ab.+-_1,5:*\t");
    try {
      const std::string canonical = Fmri::parse(text).text();
      RC_ASSERT(Fmri::parse(canonical).text() == canonical);
    } catch (const Error& error) {
      RC_ASSERT(error.code() == Code::kInvalid);
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pattern)

bool matches(std::string_view pattern, std::string_view fmri) {
  const Fmri candidate = Fmri::parse(fmri);
  return FmriPattern::parse(pattern).matches(candidate.publisher, candidate.name,
                                             *candidate.version);
}

BOOST_AUTO_TEST_CASE(names) {
  const char* fmri = "pkg://test/lib/zlib@1.3,5.11-1:20240501T100000Z";
  for (const char* pattern : {"zlib", "lib/zlib", "/lib/zlib", "pkg:/lib/zlib", "*zlib", "*",
                              "lib/*", "l?b/zlib", "pkg://test/lib/zlib", "//test/lib/zlib",
                              "pkg:///lib/zlib", "pkg://test/*", "pkg://te*/*", "zlib "}) {
    BOOST_TEST(matches(pattern, fmri), pattern);
  }
  for (const char* pattern : {"lib", "ib", "/zlib", "pkg:/zlib", "zlib*", "z?ib", "Zlib", "/lib",
                              "pkg://other/lib/zlib", "pkg://other/*"}) {
    BOOST_TEST(!matches(pattern, fmri), pattern);
  }
}

BOOST_AUTO_TEST_CASE(versions) {
  const char* fmri = "pkg://test/lib/zlib@1.3,5.11-1:20240501T100000Z";
  for (const char* pattern : {"zlib@1.3", "zlib@1", "zlib@latest", "zlib@", "zlib@*", "zlib@1.*",
                              "zlib@1.3-1:20240501T100000Z", "*@1", "*@*-1"}) {
    BOOST_TEST(matches(pattern, fmri), pattern);
  }
  for (const char* pattern : {"zlib@1.2", "zlib@2", "zlib@*-2", "zlib@1.3:20240501T100001Z"}) {
    BOOST_TEST(!matches(pattern, fmri), pattern);
  }
}

BOOST_AUTO_TEST_CASE(properties) {
  BOOST_TEST(FmriPattern::parse("a@latest").latest_only());
  BOOST_TEST(FmriPattern::parse("a@latest").has_version());
  BOOST_TEST(!FmriPattern::parse("a@1").latest_only());
  BOOST_TEST(!FmriPattern::parse("a").has_version());
  BOOST_TEST(FmriPattern::parse("a@").has_version());
  BOOST_TEST(!FmriPattern::parse("a@1").has_wildcard());
  BOOST_TEST(FmriPattern::parse("a@*").has_wildcard());
  BOOST_TEST(FmriPattern::parse("a?").has_wildcard());
  BOOST_TEST(FmriPattern::parse("pkg://test/a").publisher() == "test");
  BOOST_TEST(FmriPattern::parse("pkg://test/a").matches_name("test", "a"));
}

BOOST_AUTO_TEST_CASE(illegal_ones) {
  for (const char* text : {"", "@1", "a b", "a@01", "a@1..*", "a@x*", "a@*:x", "pkg://x", "*&",
                           "pkg://a_b/*", "a@1@2", "[ab]", "a@*-", "a@*,", "a@*:"}) {
    expect_invalid("", [text] { FmriPattern::parse(text); });
  }
  expect_invalid("too long", [] { FmriPattern::parse(std::string(2000, '*')); });
}

BOOST_AUTO_TEST_CASE(every_fmri_matches_itself) {
  BOOST_TEST(holds([] {
    Fmri one;
    one.publisher = *testing::publisher_name();
    one.name = *testing::package_name();
    one.version = Version::parse(*testing::version_text());
    RC_ASSERT(FmriPattern::parse(one.text()).matches(one.publisher, one.name, *one.version));
    RC_ASSERT(FmriPattern::parse(one.stem_text()).matches(one.publisher, one.name, *one.version));
    RC_ASSERT(FmriPattern::parse("*@*").matches(one.publisher, one.name, *one.version));
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
