#include "metaset/ips/version.h"

#include <boost/test/unit_test.hpp>

#include "expect.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using testing::expect_invalid;
using testing::holds;

Version v(std::string_view text) { return Version::parse(text); }

std::weak_ordering key_order(const Version& a, const Version& b) {
  return a.order_key().compare(b.order_key()) <=> 0;
}

BOOST_AUTO_TEST_SUITE(version)

BOOST_AUTO_TEST_CASE(accepts_what_the_original_accepts) {
  BOOST_TEST(v("0").text() == "0,5.11");
  BOOST_TEST(v("1.0").text() == "1.0,5.11");
  BOOST_TEST(v("1.0:20240101T000000Z").text() == "1.0,5.11:20240101T000000Z");
  BOOST_TEST(v("1.3,5.11-1:20240501T100000Z").text() == "1.3,5.11-1:20240501T100000Z");
  BOOST_TEST(Version::parse("1-2", "5.10").text() == "1,5.10-2");
  BOOST_TEST(Version::parse("1,5.11-2", "5.10").text() == "1,5.11-2");
}

BOOST_AUTO_TEST_CASE(refuses_what_the_original_refuses) {
  expect_invalid("empty", [] { v(""); });
  expect_invalid("release", [] { v("01.0"); });
  expect_invalid("'1..0'", [] { v("1..0"); });
  expect_invalid("branch", [] { v("1.0-"); });
  expect_invalid("branch", [] { v("1.0-1,5.11"); });
  expect_invalid("timestamp", [] { v("1.0:20240101T000000"); });
  expect_invalid("timestamp", [] { v("1.0:20241301T000000Z"); });
  expect_invalid("timestamp", [] { v("1.0:20230229T000000Z"); });
  expect_invalid("timestamp", [] { v("1.0:"); });
  expect_invalid("release", [] { v(",5.11"); });
  expect_invalid("release", [] { v("-1"); });
  expect_invalid("release", [] { v("1."); });
  expect_invalid("release", [] { v(".1"); });
  expect_invalid("release", [] { v("1a"); });
  expect_invalid("release", [] { v("+1"); });
  expect_invalid("build release", [] { v("1,"); });
  expect_invalid("build release", [] { Version::parse("1", "x"); });
  expect_invalid("timestamp", [] { v("1:20240101T000000Z:"); });
}

BOOST_AUTO_TEST_CASE(is_bounded_with_the_default_build_release) {
  const std::string longest(kMaxVersionText - 5, '1');
  BOOST_TEST(v(longest).text().size() == kMaxVersionText);
  expect_invalid("190 bytes", [&] { v(longest + '1'); });
  expect_invalid("190 bytes", [&] { v(std::string(5000, '1')); });
  expect_invalid("190 bytes", [&] { v(longest).with_timestamp("20240101T000000Z"); });
}

BOOST_AUTO_TEST_CASE(gets_a_timestamp) {
  BOOST_TEST(v("1-2").with_timestamp("20240101T000000Z").text() == "1,5.11-2:20240101T000000Z");
  expect_invalid("timestamp", [] { v("1").with_timestamp(""); });
}

BOOST_AUTO_TEST_CASE(short_text_leaves_out_build_and_time) {
  BOOST_TEST(v("1.0,5.11-2:20240101T000000Z").short_text() == "1.0-2");
  BOOST_TEST(v("1.0").short_text() == "1.0");
}

BOOST_AUTO_TEST_CASE(orders_as_catalogs_do) {
  const std::vector<std::vector<std::string>> ascending = {
      {"1.9", "1.10-1:20240501T104014Z", "1.10-1:20240501T104015Z", "1.10-1.1:20240501T115947Z",
       "1.10-1.1:20240501T130507Z"},
      {"2.0-2025.0.0.0", "2.0.0-2024.0.0.0"},
      {"4", "4-0.9", "4-1,5.9:20240101T000000Z", "4-1:20240102T000000Z", "4-1.0", "4-9", "4-10",
       "4.0"},
      {"1.0", "1.0.0"},
      {"1", "1:20240101T000000Z", "1-0"},
      {"9", "10", "18446744073709551615", "18446744073709551616"},
  };
  for (const auto& row : ascending) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (std::size_t j = 0; j < row.size(); ++j) {
        // The build release stands before the branch.
        std::string a = row[i];
        std::string b = row[j];
        if (a == "4-1,5.9:20240101T000000Z") a = "4,5.9-1:20240101T000000Z";
        if (b == "4-1,5.9:20240101T000000Z") b = "4,5.9-1:20240101T000000Z";
        BOOST_TEST(((v(a) <=> v(b)) == (i <=> j)), a << " and " << b);
        BOOST_TEST((key_order(v(a), v(b)) == (i <=> j)), a << " and " << b);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ignores_the_build_release_in_the_order) {
  BOOST_TEST((v("4,5.11-1") == v("4,5.9-1")));
  BOOST_TEST(v("4,5.11-1").order_key() == v("4,5.9-1").order_key());
  BOOST_TEST((v("1,5.11:20231231T233014Z") < v("1,5.10:20240101T001007Z")));
}

BOOST_AUTO_TEST_CASE(matches_partial_versions) {
  const Version candidate = v("1.10.2,5.11-3.4:20240501T100000Z");
  for (const char* pattern : {"1", "1.10", "1.10.2", "1-3", "1.10-3.4", "1,5.9-3",
                              "1:20240501T100000Z", "1.10.2-3.4:20240501T100000Z"}) {
    BOOST_TEST(candidate.matches(v(pattern)), pattern);
  }
  for (const char* pattern :
       {"1.1", "1.10.2.0", "10", "1-4", "1-3.4.0", "1-33", "1:20240501T100001Z"}) {
    BOOST_TEST(!candidate.matches(v(pattern)), pattern);
  }
  BOOST_TEST(!v("1.10").matches(v("1-3")));
  BOOST_TEST(!v("1.10").matches(v("1:20240501T100000Z")));
}

BOOST_AUTO_TEST_CASE(text_is_read_as_the_same_version) {
  BOOST_TEST(holds([] {
    const Version first = v(*testing::version_text());
    const Version second = v(first.text());
    RC_ASSERT(first == second);
    RC_ASSERT(first.text() == second.text());
    RC_ASSERT(first.build() == second.build());
    RC_ASSERT(first.matches(second));
  }));
}

BOOST_AUTO_TEST_CASE(keys_have_the_order_of_versions) {
  BOOST_TEST(holds([] {
    const Version a = v(*testing::version_text());
    const Version b = v(*testing::version_text());
    RC_ASSERT((a <=> b) == key_order(a, b));
    RC_ASSERT((b <=> a) == key_order(b, a));
    RC_ASSERT(a.order_key().size() <= kMaxVersionText + 16);
    // No key is the beginning of another one, so more can follow it in a database key.
    RC_ASSERT((a == b) || !a.order_key().starts_with(b.order_key()));
  }));
}

BOOST_AUTO_TEST_CASE(parsing_any_text_gives_a_version_or_an_error) {
  BOOST_TEST(holds([] {
    const std::string text = *testing::text_of("0123456789.,-:TZ20240501T100000Z");
    try {
      const std::string canonical = v(text).text();
      RC_ASSERT(v(canonical).text() == canonical);
    } catch (const Error& error) {
      RC_ASSERT(error.code() == Code::kInvalid);
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
