#include "metaset/base/percent.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace metaset {
namespace {

BOOST_AUTO_TEST_SUITE(percent)

BOOST_AUTO_TEST_CASE(encoding_is_that_of_the_clients) {
  BOOST_TEST(percent_encode("lib/zlib") == "lib%2Fzlib");
  BOOST_TEST(percent_encode("lib/zlib", true) == "lib/zlib");
  BOOST_TEST(percent_encode("1.3,5.11-1:20240501T100000Z") == "1.3%2C5.11-1%3A20240501T100000Z");
  BOOST_TEST(percent_encode("a@b+c ~_.-") == "a%40b%2Bc%20~_.-");
  BOOST_TEST(percent_encode("\xc3\xb6") == "%C3%B6");
  BOOST_TEST(percent_encode(std::string_view("\0", 1)) == "%00");
}

BOOST_AUTO_TEST_CASE(decoding) {
  BOOST_TEST(percent_decode("lib%2Fzlib%3a+").value() == "lib/zlib:+");
  BOOST_TEST(percent_decode("%00").value() == std::string(1, '\0'));
  BOOST_TEST(percent_decode("%252F").value() == "%2F");
  BOOST_TEST(percent_decode("").value().empty());
  for (const char* bad : {"%", "a%2", "%g0", "%0g", "%%41", "% 41", "%+1", "%-1", "%41%"}) {
    BOOST_TEST(!percent_decode(bad).has_value());
  }
}

BOOST_AUTO_TEST_CASE(decoding_undoes_encoding) {
  BOOST_CHECK(rc::check("round trip", [](const std::string& text, bool keep_slash) {
    const std::string encoded = percent_encode(text, keep_slash);
    RC_ASSERT(percent_decode(encoded) == text);
    RC_ASSERT(keep_slash || encoded.find('/') == std::string::npos);
  }));
}

BOOST_AUTO_TEST_CASE(utf8_of_every_length) {
  for (const char* good :
       {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "eight by\xc3\xb6te words"}) {
    BOOST_TEST(is_utf8(good), good);
  }
  BOOST_TEST(is_utf8(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(other_bytes_are_not_utf8) {
  const char* const bad[] = {"\x80",
                             "\xbf",
                             "\xc0\x80",
                             "\xc1\xbf",  // overlong
                             "\xe0\x9f\xbf",
                             "\xf0\x8f\xbf\xbf",  // overlong
                             "\xed\xa0\x80",
                             "\xed\xbf\xbf",  // surrogates
                             "\xf4\x90\x80\x80",
                             "\xf5\x80\x80\x80",
                             "\xff",
                             "\xfe",  // too large
                             "\xc3",
                             "\xe2\x82",
                             "\xf0\x9f\x98",
                             "\xc3(",  // incomplete
                             "\xe2(\x82",
                             "\xe2\x82(",
                             "\xf0\x9f\x98(",
                             "eight bytes \xe9",
                             "\xc3\xc3\xb6"};
  for (const char* text : bad) BOOST_TEST(!is_utf8(text));
}

BOOST_AUTO_TEST_CASE(latin_1_becomes_utf_8) {
  BOOST_TEST(utf8_from_latin1("a\x7f\x80\xbf\xc0\xff") == "a\x7f\xc2\x80\xc2\xbf\xc3\x80\xc3\xbf");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  BOOST_TEST(is_utf8(utf8_from_latin1(all)));
  BOOST_TEST(utf8_from_latin1(all).size() == 384u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
