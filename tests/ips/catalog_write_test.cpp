#include <boost/test/unit_test.hpp>

#include "metaset/base/json.h"
#include "metaset/ips/catalog.h"

#include "expect.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using testing::expect_error;

struct Written {
  std::string text;
  FileDigest digest;
};

// A part of one publisher, one package and one entry.
Written write_one(std::string_view publisher, std::string_view package, std::string_view entry,
                  bool utf8_feature) {
  Written out;
  PartWriter writer([&out](std::string_view bytes) { out.text += bytes; }, utf8_feature);
  writer.publisher(publisher);
  writer.package(package);
  writer.entry(entry);
  out.digest = writer.finish();
  return out;
}

std::string summary_entry(const std::string& action) {
  std::string out;
  append_actions_entry(actions_json({action}), "1.0,5.11-1:20070101T120000Z", out);
  return out;
}

BOOST_AUTO_TEST_SUITE(catalog_write)

BOOST_AUTO_TEST_CASE(fits_the_test_vectors) {
  const std::string jon = summary_entry("set name=pkg.summary value=\"Jon K\xc3\xb6gl\"");
  const Written first = write_one("opensolaris.org", "test", jon, false);
  BOOST_TEST(first.text ==
             "{\"opensolaris.org\":{\"test\":[{\"actions\":[\"set name=pkg.summary "
             "value=\\\"Jon K\\u00f6gl\\\"\"],\"version\":\"1.0,5.11-1:20070101T120000Z\"}]},"
             "\"_SIGNATURE\":{\"sha-1\":\"4991afea14ad5e4c990a05a3d3f287eacc62f37c\"}}\n");
  BOOST_TEST(to_hex(first.digest.sha1) == "4991afea14ad5e4c990a05a3d3f287eacc62f37c");
  BOOST_TEST(first.digest.size == first.text.size());

  const std::string minus =
      summary_entry("set name=pkg.summary value=\"Testing \xe2\x88\x92 package\"");
  const Written second = write_one("opensolaris.org", "test", minus, false);
  BOOST_TEST(to_hex(second.digest.sha1) == "7bbaa64f40ac015c0fb08b17cef62568854a5928");
  const Written third = write_one("opensolaris.org", "test", minus, true);
  BOOST_TEST(to_hex(third.digest.sha1) == "af21a62d87bbd223eb09e228737b7d985af590d8");
  BOOST_TEST(third.text.starts_with("{\"_FEATURE\":[\"ooce:utf8\"],\"opensolaris.org\":{"));
}

BOOST_AUTO_TEST_CASE(leaves_out_what_is_empty) {
  std::string text;
  PartWriter writer([&text](std::string_view bytes) { text += bytes; }, false);
  writer.publisher("a");
  writer.package("x");
  writer.publisher("b");
  writer.package("x");
  writer.package("y");
  writer.entry("{}");
  writer.entry("{}");
  writer.package("z");
  writer.publisher("c");
  writer.finish();
  BOOST_TEST(text.starts_with("{\"b\":{\"y\":[{},{}]},\"_SIGNATURE\":"));
}

BOOST_AUTO_TEST_CASE(an_empty_object_has_no_comma_before_its_signature) {
  std::string text;
  PartWriter writer([&text](std::string_view bytes) { text += bytes; }, false);
  const FileDigest digest = writer.finish();
  BOOST_TEST(text == "{\"_SIGNATURE\":{\"sha-1\":\"" + to_hex(sha1_of("{}\n")) + "\"}}\n");
  BOOST_TEST(digest.size == text.size());
}

BOOST_AUTO_TEST_CASE(the_feature_stands_where_its_key_belongs) {
  std::string text;
  PartWriter writer([&text](std::string_view bytes) { text += bytes; }, true);
  for (const char* name : {"0x", "Oracle", "test"}) {
    writer.publisher(name);
    writer.package("x");
    writer.entry("{}");
  }
  writer.finish();
  BOOST_TEST(
      text.starts_with("{\"0x\":{\"x\":[{}]},\"Oracle\":{\"x\":[{}]},"
                       "\"_FEATURE\":[\"ooce:utf8\"],\"test\":{\"x\":[{}]},"));
  const Written upper = write_one("Oracle", "x", "{}", true);
  BOOST_TEST(upper.text.starts_with(
      "{\"Oracle\":{\"x\":[{}]},\"_FEATURE\":[\"ooce:utf8\"],\"_SIGNATURE\":"));
}

BOOST_AUTO_TEST_CASE(refuses_names_out_of_order) {
  const auto writer = [] { return PartWriter([](std::string_view) {}, false); };
  expect_error(Code::kInternal, "out of order", [&] {
    PartWriter part = writer();
    part.publisher("b");
    part.publisher("a");
  });
  expect_error(Code::kInternal, "out of order", [&] {
    PartWriter part = writer();
    part.publisher("a");
    part.package("y");
    part.package("x");
  });
  expect_error(Code::kInternal, "without a package", [&] {
    PartWriter part = writer();
    part.publisher("a");
    part.entry("{}");
  });
}

BOOST_AUTO_TEST_CASE(streams_in_pieces) {
  std::size_t largest = 0;
  std::size_t total = 0;
  PartWriter writer(
      [&](std::string_view bytes) {
        largest = std::max(largest, bytes.size());
        total += bytes.size();
      },
      true);
  const std::string entry = "{\"x\":\"" + std::string(1000, 'x') + "\"}";
  writer.publisher("test");
  writer.package("x");
  for (int i = 0; i < 10'000; ++i) writer.entry(entry);
  BOOST_TEST(writer.finish().size == total);
  BOOST_TEST(largest < 300'000U);
}

BOOST_AUTO_TEST_CASE(operations_have_sorted_keys) {
  LogOperation operation;
  operation.time = *parse_basic_timestamp("20240501T100008.123456Z");
  operation.version = "1,5.11:20240501T100000Z";
  operation.manifest = Sha1{};
  operation.dependency = "[\"d\"]";
  operation.summary_locale = "C";
  operation.summary = "[\"s\"]";
  std::string out;
  append_log_operation(operation, out);
  BOOST_TEST(
      out ==
      "{\"catalog.base.C\":{\"signature-sha-1\":\"" + std::string(40, '0') +
          "\",\"version\":\"1,5.11:20240501T100000Z\"},"
          "\"catalog.dependency.C\":{\"actions\":[\"d\"],\"version\":\"1,5.11:20240501T100000Z\"},"
          "\"catalog.summary.C\":{\"actions\":[\"s\"],\"version\":\"1,5.11:20240501T100000Z\"},"
          "\"op-time\":\"20240501T100008.123456Z\",\"op-type\":\"add\","
          "\"version\":\"1,5.11:20240501T100000Z\"}");
  LogOperation bare;
  bare.add = false;
  bare.version = "1";
  out.clear();
  append_log_operation(bare, out);
  BOOST_TEST(out == "{\"op-time\":\"19700101T000000Z\",\"op-type\":\"remove\",\"version\":\"1\"}");
}

BOOST_AUTO_TEST_CASE(lists_of_actions_are_ascii) {
  BOOST_TEST(actions_json({}) == "[]");
  BOOST_TEST(actions_json({"a/\"b\"", "\xc3\xbc\t"}) == "[\"a/\\\"b\\\"\",\"\\u00fc\\t\"]");
}

BOOST_AUTO_TEST_CASE(attrs_of_an_empty_catalog) {
  CatalogAttrs attrs;
  attrs.created = attrs.last_modified = *parse_basic_timestamp("20240502T000036.639743Z");
  attrs.utf8_feature = true;
  BOOST_TEST(write_attrs(attrs) ==
             "{\"_FEATURE\":[\"ooce:utf8\"],\"created\":\"20240502T000036.639743Z\","
             "\"last-modified\":\"20240502T000036.639743Z\",\"package-count\":0,"
             "\"package-version-count\":0,\"parts\":{},\"updates\":{},\"version\":1,"
             "\"_SIGNATURE\":{\"sha-1\":\"d0b6ef49afe2f3e901e451450a4b226b84db4e1f\"}}\n");
}

BOOST_AUTO_TEST_CASE(names_of_files) {
  for (const char* name :
       {"catalog.attrs", "catalog.base.C", "catalog.dependency.C", "catalog.summary.fr",
        "catalog.summary.pt_BR.UTF-8", "update.20240501T10Z.C", "update.20240501T13Z.fr"}) {
    BOOST_TEST(is_catalog_file_name(name), name);
  }
  for (const char* name : {"",
                           "catalog",
                           "catalog.",
                           "catalog.base",
                           "catalog.base.",
                           "catalog..C",
                           "catalog.base..",
                           "catalog.attrs.",
                           "catalog./.C",
                           "catalog.base.C/..",
                           "../catalog.attrs",
                           "catalog.base.../x",
                           "catalog.ba/se.C",
                           "/catalog.attrs",
                           "update.C",
                           "update.20240501T10Z",
                           "update.20240501T10Z.",
                           "update.20240501T25Z.C",
                           "update.20241301T10Z.C",
                           "update.20240501T1000Z.C",
                           "Catalog.attrs",
                           "catalog.base.C\n",
                           "catalog.base.\x01",
                           "catalog.base.a b",
                           "catalog.base.C%2f",
                           "pkg5.repository"}) {
    BOOST_TEST(!is_catalog_file_name(name), name);
  }
  BOOST_TEST(!is_catalog_file_name(std::string_view("catalog.attrs\0", 14)));
  BOOST_TEST(!is_catalog_file_name("catalog." + std::string(300, 'a') + ".C"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
