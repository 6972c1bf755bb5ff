#include <boost/test/unit_test.hpp>

#include "metaset/ips/catalog.h"

#include "expect.h"
#include "generators.h"
#include "signing.h"

namespace metaset::ips {
namespace {

using testing::expect_error;
using testing::sign;

void expect_corrupt_attrs(std::string_view message, const std::string& text) {
  BOOST_TEST_CONTEXT(text) {
    expect_error(Code::kCorrupt, message, [&] { read_attrs(sign(text)); });
  }
}

BOOST_AUTO_TEST_SUITE(catalog_attrs)

BOOST_AUTO_TEST_CASE(attrs_with_null_times) {
  const CatalogAttrs attrs = read_attrs(
      sign(R"({"created":null,"last-modified":null,"package-count":0,"package-version-count":0,)"
           R"("parts":{},"updates":{},"version":1})"));
  BOOST_TEST(attrs.created.micros == 0);
  BOOST_TEST(attrs.last_modified.micros == 0);
}

BOOST_AUTO_TEST_CASE(refuses_other_attrs) {
  const std::string rest =
      R"("last-modified":null,"package-count":0,"package-version-count":0,"parts":{},)"
      R"("updates":{},"version":1})";
  expect_corrupt_attrs("no \"created\"", "{" + rest);
  expect_corrupt_attrs("not a time", R"({"created":"2024",)" + rest);
  expect_corrupt_attrs("not a string", R"({"created":5,)" + rest);
  const std::string start = R"({"created":null,"last-modified":null,)";
  expect_corrupt_attrs("not a number", start + R"("package-count":"x"})");
  const std::string counts = start + R"("package-count":0,"package-version-count":0,)";
  expect_corrupt_attrs("no \"parts\"", counts + R"("updates":{},"version":1})");
  expect_corrupt_attrs("not an object", counts + R"("parts":[],"updates":{},"version":1})");
  expect_corrupt_attrs("illegal file name",
                       counts + R"("parts":{"../x":{}},"updates":{},"version":1})");
  expect_corrupt_attrs("not an object",
                       counts + R"("parts":{"catalog.base.C":1},"updates":{},"version":1})");
  expect_corrupt_attrs("no \"last-modified\"",
                       counts + R"("parts":{"catalog.base.C":{}},"updates":{},"version":1})");
  expect_corrupt_attrs("is not a SHA-1",
                       counts + R"("parts":{"catalog.base.C":{"last-modified":null,)"
                                R"("signature-sha-1":"x"}},"updates":{},"version":1})");
  expect_corrupt_attrs("only version 1", counts + R"("parts":{},"updates":{},"version":2})");
}

BOOST_AUTO_TEST_CASE(attrs_are_read_as_written) {
  BOOST_TEST(testing::holds([] {
    const auto time = [] {
      return Time{*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000'000)};
    };
    CatalogAttrs attrs;
    attrs.created = time();
    attrs.last_modified = time();
    attrs.package_count = *rc::gen::arbitrary<std::uint32_t>();
    attrs.package_version_count = *rc::gen::arbitrary<std::uint32_t>();
    attrs.utf8_feature = *rc::gen::arbitrary<bool>();
    for (const char* name : {"catalog.base.C", "catalog.dependency.C", "catalog.summary.fr"}) {
      if (*rc::gen::arbitrary<bool>()) attrs.parts.push_back({name, time(), sha1_of(name)});
    }
    attrs.updates.push_back({"update.20240501T10Z.C", time(), sha1_of("x")});
    const std::string text = write_attrs(attrs);
    const CatalogAttrs second = read_attrs(text);
    RC_ASSERT(second.parts == attrs.parts);
    RC_ASSERT(second.updates == attrs.updates);
    RC_ASSERT(write_attrs(second) == text);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
