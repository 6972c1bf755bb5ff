#include "metaset/base/json.h"

#include <cmath>
#include <functional>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/base/percent.h"

namespace metaset {
namespace {

std::function<bool(const Error&)> says(std::string text) {
  return [text = std::move(text)](const Error& error) {
    BOOST_TEST_MESSAGE(error.message());
    return error.code() == Code::kInvalid && error.message().find(text) != std::string::npos;
  };
}

std::string signed_part(const std::string& feature, std::string_view summary) {
  const std::string action = "set name=pkg.summary value=\"" + std::string(summary) + "\"";
  return "{" + feature + R"("opensolaris.org":{"test":[{"actions":[)" + json_string(action) +
         R"(],"version":"1.0,5.11-1:20070101T120000Z"}]}})" + "\n";
}

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(strings_give_the_catalog_hashes_of_the_stock_tests) {
  BOOST_TEST(to_hex(sha1_of(signed_part("", "Jon K\xc3\xb6gl"))) ==
             "4991afea14ad5e4c990a05a3d3f287eacc62f37c");
  BOOST_TEST(to_hex(sha1_of(signed_part("", "Testing \xe2\x88\x92 package"))) ==
             "7bbaa64f40ac015c0fb08b17cef62568854a5928");
  BOOST_TEST(to_hex(sha1_of(
                 signed_part(R"("_FEATURE":["ooce:utf8"],)", "Testing \xe2\x88\x92 package"))) ==
             "af21a62d87bbd223eb09e228737b7d985af590d8");
}

BOOST_AUTO_TEST_CASE(string_escapes) {
  BOOST_TEST(json_string("") == R"("")");
  BOOST_TEST(json_string("a/b") == R"("a/b")");
  BOOST_TEST(json_string("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
  BOOST_TEST(json_string(std::string_view("\x00\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
  BOOST_TEST(json_string("\xc3\xb6\xe2\x88\x92") == R"("\u00f6\u2212")");
  BOOST_TEST(json_string("\xf0\x9f\x98\x80") == R"("\ud83d\ude00")");
  BOOST_TEST(json_string("\xf4\x8f\xbf\xbf") == R"("\udbff\udfff")");
  std::string out = "before ";
  append_json_string("x", out);
  BOOST_TEST(out == "before \"x\"");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_taken_as_latin_1) {
  BOOST_TEST(json_string("K\xf6gl") == R"("K\u00f6gl")");
  BOOST_TEST(json_string("\xed\xa0\x80") == R"("\u00ed\u00a0\u0080")");
  BOOST_TEST(json_string("\xc3") == R"("\u00c3")");
  const rapidjson::Value value("K\xf6gl\xc3\xb6");
  BOOST_TEST(pretty_json(value, false) == "\"K\xc3\xb6gl\xc3\xb6\"\n");
}

BOOST_AUTO_TEST_CASE(special_characters_are_found_at_every_place_in_a_word) {
  for (std::size_t at = 0; at < 17; ++at) {
    for (int byte = 0; byte < 128; ++byte) {
      std::string text(17, '#');
      text[at] = static_cast<char>(byte);
      const std::string written = json_string(text);
      const bool plain = byte >= 0x20 && byte != '"' && byte != '\\';
      BOOST_CHECK_EQUAL(plain, written == "\"" + text + "\"");
      const rapidjson::Document read = parse_json(written, "it");
      BOOST_CHECK_EQUAL(std::string(read.GetString(), read.GetStringLength()), text);
    }
  }
}

BOOST_AUTO_TEST_CASE(any_bytes_become_ascii_and_utf8_comes_back) {
  BOOST_CHECK(rc::check("bytes", [](const std::string& text) {
    const std::string written = json_string(text);
    for (const char c : written) RC_ASSERT(c >= 0x20);
    const rapidjson::Document read = parse_json(written, "it");
    const std::string back(read.GetString(), read.GetStringLength());
    RC_ASSERT(is_utf8(back));
    RC_ASSERT(!is_utf8(text) || back == text);
  }));
}

BOOST_AUTO_TEST_CASE(documents_are_parsed) {
  const rapidjson::Document document = parse_json(R"( {"a":[1,-2.5,"x\u00f6",null,true]} )", "it");
  BOOST_TEST(document["a"][0].GetInt() == 1);
  BOOST_TEST(document["a"][1].GetDouble() == -2.5);
  BOOST_TEST(document["a"][2].GetString() == std::string("x\xc3\xb6"));
  BOOST_TEST(parse_json(R"("\ud83d\ude00")", "it").GetString() == std::string("\xf0\x9f\x98\x80"));
  BOOST_TEST(parse_json(R"("\\\"[[")", "it").GetString() == std::string("\\\"[["));
}

BOOST_AUTO_TEST_CASE(failures_name_the_document_the_offset_and_the_reason) {
  BOOST_CHECK_EXCEPTION(parse_json("{\"a\":}", "catalog.attrs"), Error,
                        says("catalog.attrs is not valid JSON at offset 5: Invalid value"));
  BOOST_CHECK_EXCEPTION(parse_json("", "x"), Error, says("offset 0: The document is empty"));
  BOOST_CHECK_EXCEPTION(parse_json({}, "x"), Error, says("offset 0: The document is empty"));
  for (const char* bad : {"{",
                          "[1,]",
                          "{}x",
                          "[] []",
                          "'a'",
                          "\"a",
                          "01",
                          "NaN",
                          "[Infinity]",
                          "{\"a\" 1}",
                          "\"\t\"",
                          "\"\xff\"",
                          "\"\xed\xa0\x80\"",
                          "\"\\x\"",
                          "\"\\u12g4\"",
                          "// c\n1",
                          "\"\\",
                          "\"\\u",
                          "\"\\ud83d\"",
                          "\"\\ud83d\\",
                          "\"\\ud83d\\u0041\"",
                          "\"\\ud8\"",
                          "]",
                          "1e999",
                          "1e-999",
                          "01",
                          "-"}) {
    BOOST_CHECK_EXCEPTION(parse_json(bad, "x"), Error, says("x is not valid JSON at offset"));
  }
}

BOOST_AUTO_TEST_CASE(half_a_surrogate_pair_is_refused) {
  BOOST_CHECK_EXCEPTION(parse_json(R"(["\udc00"])", "x"), Error, says("offset 2: lone surrogate"));
  BOOST_CHECK_EXCEPTION(parse_json(R"("\ud83d\ude00\uDE00")", "x"), Error, says("offset 13"));
  BOOST_TEST(parse_json(R"("\\udc00")", "x").GetString() == std::string("\\udc00"));
}

BOOST_AUTO_TEST_CASE(null_bytes_do_not_end_a_document) {
  BOOST_CHECK_EXCEPTION(parse_json(std::string_view("{}\0garbage", 10), "x"), Error,
                        says("offset 2: null byte"));
  BOOST_CHECK_EXCEPTION(parse_json(std::string_view("\"\0\"", 3), "x"), Error, says("offset 1"));
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  BOOST_TEST(parse_json(nested(32), "x").IsArray());
  BOOST_CHECK_EXCEPTION(parse_json(nested(33), "x"), Error, says("offset 32: nested deeper"));
  BOOST_CHECK_EXCEPTION(parse_json(std::string(10'000'000, '['), "x"), Error, says("offset 32"));
  BOOST_TEST(parse_json("[" + nested(31) + "," + nested(31) + "]", "x").IsArray());
  BOOST_TEST(parse_json("\"" + std::string(100, '{') + "\"", "x").IsString());
}

BOOST_AUTO_TEST_CASE(pretty_output_is_that_of_python) {
  const rapidjson::Document document = parse_json(
      R"({"b":[],"a":{"y":null,"x":[1,[true,{}]]},"B":"\u00f6/\n","":1.0,"\u2212":0,"z":1e16})",
      "it");
  BOOST_TEST(pretty_json(document, false) ==
             "{\n  \"\": 1.0,\n  \"B\": \"\xc3\xb6/\\n\",\n"
             "  \"a\": {\n    \"x\": [\n      1,\n      [\n        true,\n        {}\n      ]\n"
             "    ],\n    \"y\": null\n  },\n  \"b\": [],\n  \"z\": 1e+16,\n"
             "  \"\xe2\x88\x92\": 0\n}\n");
  BOOST_TEST(pretty_json(document["B"], true) == "\"\\u00f6/\\n\"\n");
  BOOST_TEST(pretty_json(parse_json("[]", "it"), true) == "[]\n");
}

BOOST_AUTO_TEST_CASE(numbers_are_written_as_python_does) {
  const std::pair<const char*, const char*> expected[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-7", "-7"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"0.1", "0.1"},
      {"-0.0", "-0.0"},
      {"1e-05", "1e-05"},
      {"0.0001", "0.0001"},
      {"123456789012345.0", "123456789012345.0"},
      {"1e15", "1000000000000000.0"},
      {"1e300", "1e+300"},
      {"0e300", "0.0"},
      {"0.0e-9999", "0.0"},
      {"18446744073709551616", "1.8446744073709552e+19"},
      {"5e-324", "5e-324"}};
  for (const auto& [text, written] : expected) {
    BOOST_TEST(pretty_json(parse_json(text, "it"), true) == std::string(written) + "\n");
  }
  BOOST_CHECK_THROW(pretty_json(rapidjson::Value(HUGE_VAL), true), Error);
}

BOOST_AUTO_TEST_CASE(pretty_output_reads_back) {
  BOOST_CHECK(rc::check("round trip", [](const std::vector<std::string>& names,
                                         const std::vector<double>& numbers, bool ascii) {
    rapidjson::Document document(rapidjson::kObjectType);
    auto& allocator = document.GetAllocator();
    for (const std::string& name : names) {
      if (!is_utf8(name)) continue;
      rapidjson::Value list(rapidjson::kArrayType);
      for (const double number : numbers) list.PushBack(number, allocator);
      const auto length = static_cast<rapidjson::SizeType>(name.size());
      rapidjson::Value key(name.data(), length, allocator);
      if (!document.HasMember(key)) document.AddMember(key, list, allocator);
    }
    const rapidjson::Document back = parse_json(pretty_json(document, ascii), "it");
    const bool same = back.operator==<rapidjson::MemoryPoolAllocator<>>(document);
    RC_ASSERT(same);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
