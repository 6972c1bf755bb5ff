#include <boost/test/unit_test.hpp>

#include "metaset/base/json.h"
#include "metaset/ips/catalog.h"

#include "expect.h"
#include "generators.h"
#include "signing.h"

namespace metaset::ips {
namespace {

using testing::expect_error;
using testing::sign;

void expect_corrupt(std::string_view message, const std::string& text) {
  BOOST_TEST_CONTEXT(text.substr(0, 200)) {
    expect_error(Code::kCorrupt, message, [&] { read_part(text, [](PartEntry&&) {}); });
  }
}
void expect_corrupt_log(std::string_view message, const std::string& text) {
  BOOST_TEST_CONTEXT(text) {
    expect_error(Code::kCorrupt, message, [&] { read_log(sign(text), [](LogEntry&&) {}); });
  }
}

ReadResult read(const std::string& text, std::vector<PartEntry>& entries) {
  entries.clear();
  return read_part(text, [&entries](PartEntry&& entry) { entries.push_back(std::move(entry)); });
}

const std::string kEntry =
    "{\"p\":{\"a/b\":[{\"actions\":[\"set name=x value=\\\"gr\\u00fcn \\u2212\\\"\"],"
    "\"version\":\"1\"}]}}";

BOOST_AUTO_TEST_SUITE(catalog_read)

BOOST_AUTO_TEST_CASE(gives_entries) {
  std::vector<PartEntry> entries;
  const ReadResult result = read(sign(kEntry), entries);
  BOOST_REQUIRE(entries.size() == 1U);
  BOOST_TEST(entries[0].publisher == "p");
  BOOST_TEST(entries[0].name == "a/b");
  BOOST_TEST(entries[0].version == "1");
  BOOST_TEST(!entries[0].manifest);
  BOOST_TEST(entries[0].actions == "[\"set name=x value=\\\"gr\\u00fcn \\u2212\\\"\"]");
  BOOST_TEST(to_hex(result.sha1) == to_hex(sha1_of(kEntry + '\n')));
  BOOST_TEST(!result.upper_case_escapes);
  BOOST_TEST(!result.utf8_feature);
}

BOOST_AUTO_TEST_CASE(recognises_upper_case_escapes) {
  std::string upper = kEntry;
  upper.replace(upper.find("\\u00fc"), 6, "\\u00FC");
  std::vector<PartEntry> entries;
  const ReadResult result = read(sign(upper), entries);
  BOOST_TEST(result.upper_case_escapes);
  // Ours, whatever the file had.
  BOOST_TEST(to_hex(result.sha1) == to_hex(sha1_of(kEntry + '\n')));
  BOOST_TEST(entries[0].actions == "[\"set name=x value=\\\"gr\\u00fcn \\u2212\\\"\"]");
  // A signature over one form fits a file in the other form: readers parse before they hash.
  std::string mixed = sign(upper);
  mixed.replace(mixed.find("\\u00FC"), 6, "\xc3\xbc");
  BOOST_TEST(read(mixed, entries).upper_case_escapes);
}

BOOST_AUTO_TEST_CASE(raises_only_unicode_escapes) {
  const std::string text =
      R"({"p":{"a":[{"actions":["\\u00fc \u00FC \"abc\" \n"],"version":"1"}]}})";
  std::vector<PartEntry> entries;
  BOOST_TEST(read(sign(text), entries).upper_case_escapes);
}

BOOST_AUTO_TEST_CASE(ignores_format_and_order_of_keys) {
  const std::string signature =
      to_hex(sha1_of("{\"p\":{\"a\":[{\"signature-sha-1\":\"" + std::string(40, 'a') +
                     "\",\"version\":\"1\"}],"
                     "\"b\":[{\"version\":\"2\"}]}}\n"));
  std::vector<PartEntry> entries;
  read("{ \"_SIGNATURE\": {\"other\": [1, {\"sha-1\": \"x\"}], \"sha-1\": \"" + signature +
           "\"},\n \"p\": {\"b\": [{\"version\": \"2\"}],\n\t\"a\": [{\"version\": \"1\", "
           "\"signature-sha-1\": \"" +
           std::string(40, 'a') + "\"}]}\n}\n",
       entries);
  BOOST_TEST(entries.size() == 2U);
}

BOOST_AUTO_TEST_CASE(reserved_and_unknown_keys_are_signed_but_not_entries) {
  const std::string text = R"({"_FEATURE":["ooce:utf8"],"_X":{"y":[1,-2.5,null,true,{"z":[]}]},)"
                           R"("p":{"a":[{"metadata":{"k":["v"]},"version":"1"}]}})";
  std::vector<PartEntry> entries;
  const ReadResult result = read(sign(text), entries);
  BOOST_TEST(entries.size() == 1U);
  BOOST_TEST(result.utf8_feature);
  expect_corrupt("content has", sign(text).replace(text.find("-2.5"), 4, "-2.6"));
}

BOOST_AUTO_TEST_CASE(refuses_wrong_signatures) {
  expect_corrupt("no _SIGNATURE", kEntry);
  expect_corrupt("no _SIGNATURE", "{}");
  expect_corrupt("no _SIGNATURE", R"({"_SIGNATURE":{}})");
  expect_corrupt("not an object", R"({"_SIGNATURE":"x"})");
  expect_corrupt("not an object", R"({"_SIGNATURE":["x"]})");
  expect_corrupt("not an object", R"({"_SIGNATURE":1})");
  expect_corrupt("content has", R"({"_SIGNATURE":{"sha-1":"x"}})");
  std::string changed = sign(kEntry);
  changed[changed.find("a/b")] = 'c';
  expect_corrupt("content has", changed);
}

BOOST_AUTO_TEST_CASE(refuses_other_structures) {
  expect_corrupt("byte 0", "");
  expect_corrupt("byte 0", "x");
  expect_corrupt("not a JSON object", "[]");
  expect_corrupt("not a JSON object", "\"x\"");
  expect_corrupt("not a JSON object", "1");
  expect_corrupt("null byte", std::string("{}\0", 3));
  expect_corrupt("byte", sign("{}") + "x");
  expect_corrupt("not UTF-8", sign("{\"p\":{\"\xff\":[]}}"));
  expect_corrupt("lone surrogate", sign(R"({"p":{"\udc00":[]}})"));
  expect_corrupt("byte", sign(R"({"p":{"\ud800":[]}})"));
  expect_corrupt("same key twice", R"({"p":{},"p":{}})");
  expect_corrupt("same key twice", R"({"q":{},"p":{},"q":{}})");
  expect_corrupt("not valid JSON", R"({"q":{},"p":{},x})");
  expect_corrupt("string, object or array", sign(R"({"p":1})"));
  expect_corrupt("not a string", sign(R"({"p":"x"})"));
  expect_corrupt("not a list", sign(R"({"p":[]})"));
  expect_corrupt("not an object", sign(R"({"p":{"a":{}}})"));
  expect_corrupt("not a list", sign(R"({"p":{"a":[[]]}})"));
  expect_corrupt("not a string", sign(R"({"p":{"a":["x"]}})"));
  expect_corrupt("without \"version\"", sign(R"({"p":{"a":[{}]}})"));
  expect_corrupt("not a list", sign(R"({"p":{"a":[{"version":["1"]}]}})"));
  expect_corrupt("an object inside", sign(R"({"p":{"a":[{"version":{}}]}})"));
  expect_corrupt("an object inside", sign(R"({"p":{"a":[{"actions":[{}]}]}})"));
  expect_corrupt("not a list", sign(R"({"p":{"a":[{"actions":[[]]}]}})"));
  expect_corrupt("is not a list", sign(R"({"p":{"a":[{"actions":"x"}]}})"));
  expect_corrupt("not a SHA-1", sign(R"({"p":{"a":[{"signature-sha-1":"x"}]}})"));
  expect_corrupt("nested too deeply", std::string(100'000, '[').insert(0, R"({"_x":)"));
  expect_corrupt("nested too deeply",
                 std::string(100'000, '[').insert(0, R"({"_SIGNATURE":{"x":)"));
}

BOOST_AUTO_TEST_CASE(logs) {
  const std::string text =
      R"({"p":{"a":[{"catalog.base.C":{"signature-sha-1":")" + std::string(40, 'b') +
      R"(","version":"1"},"catalog.summary.fr":{"actions":["x","y"],"version":"1"},"new":[{}],)"
      R"("op-time":"20240501T100008.123456Z","op-type":"remove","version":"1"}]}})";
  std::vector<LogEntry> entries;
  read_log(sign(text), [&entries](LogEntry&& entry) { entries.push_back(std::move(entry)); });
  BOOST_REQUIRE(entries.size() == 1U);
  BOOST_TEST(entries[0].publisher == "p");
  BOOST_TEST(entries[0].name == "a");
  BOOST_TEST(entries[0].version == "1");
  BOOST_TEST(!entries[0].add);
  BOOST_TEST(basic_timestamp(entries[0].time) == "20240501T100008.123456Z");
  BOOST_REQUIRE(entries[0].parts.size() == 2U);
  BOOST_TEST(entries[0].parts[0].part == "catalog.base.C");
  BOOST_TEST(entries[0].parts[0].entry.manifest.has_value());
  BOOST_TEST(entries[0].parts[1].part == "catalog.summary.fr");
  BOOST_TEST(entries[0].parts[1].entry.actions == "[\"x\",\"y\"]");
}

BOOST_AUTO_TEST_CASE(refuses_other_logs) {
  expect_corrupt_log("neither add nor remove", R"({"p":{"a":[{"op-type":"change"}]}})");
  expect_corrupt_log("not a time", R"({"p":{"a":[{"op-time":"now"}]}})");
  expect_corrupt_log("without \"version\"", R"({"p":{"a":[{"op-type":"add"}]}})");
  expect_corrupt_log("without \"op-type\"", R"({"p":{"a":[{"version":"1"}]}})");
  expect_corrupt_log("without \"op-time\"", R"({"p":{"a":[{"op-type":"add","version":"1"}]}})");
  expect_corrupt_log("not an object", R"({"p":{"a":[{"version":{}}]}})");
  expect_corrupt_log("not a list", R"({"p":{"a":[{"version":[]}]}})");
  expect_corrupt_log("not a string", R"({"p":{"a":[{"catalog.base.C":"x"}]}})");
  expect_corrupt_log("not an object", R"({"p":{"a":[{"catalog.base.C":{"version":{}}}]}})");
  expect_corrupt_log("without \"version\"", R"({"p":{"a":[{"catalog.base.C":{}}]}})");
}

BOOST_AUTO_TEST_CASE(reads_what_the_writer_writes) {
  BOOST_TEST(testing::holds([] {
    const auto texts = *rc::gen::container<std::vector<std::string>>(testing::attribute_value());
    std::string written;
    PartWriter writer([&written](std::string_view bytes) { written += bytes; },
                      *rc::gen::arbitrary<bool>());
    std::string entry;
    append_actions_entry(actions_json(texts), "1", entry);
    writer.publisher("p");
    writer.package("a");
    writer.entry(entry);
    writer.entry(entry);
    const FileDigest digest = writer.finish();
    std::vector<PartEntry> entries;
    const ReadResult result = read(written, entries);
    RC_ASSERT(result.sha1 == digest.sha1);
    RC_ASSERT(entries.size() == 2U);
    RC_ASSERT(entries[1].actions == actions_json(texts));
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
