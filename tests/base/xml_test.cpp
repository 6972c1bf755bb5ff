#include "metaset/base/xml.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/percent.h"

namespace metaset {
namespace {

BOOST_AUTO_TEST_SUITE(xml)

BOOST_AUTO_TEST_CASE(what_xml_forbids_is_replaced) {
  std::string out;
  append_xml(std::string_view("a\0b\x1f\tc\xef\xbf\xbe\xc3\xa9", 11), out);
  BOOST_TEST(out ==
             "a\xef\xbf\xbd"
             "b\xef\xbf\xbd\tc\xef\xbf\xbd\xc3\xa9");
  out.clear();
  append_xml(
      "\xff"
      "a",
      out);
  BOOST_TEST(out ==
             "\xef\xbf\xbd"
             "a");
}

BOOST_AUTO_TEST_CASE(what_html_forbids_is_replaced) {
  std::string out;
  append_xml("\x7f.\xc2\x85.\xef\xb7\x90.\xf0\x9f\xbf\xbf.\xf0\x9f\x93\xa6", out);
  BOOST_TEST(out == "\xef\xbf\xbd.\xef\xbf\xbd.\xef\xbf\xbd.\xef\xbf\xbd.\xf0\x9f\x93\xa6");
}

BOOST_AUTO_TEST_CASE(nothing_ends_an_attribute) {
  std::string out;
  append_xml("<a href='x' title=\"y\">&", out);
  BOOST_TEST(out == "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;");
}

BOOST_AUTO_TEST_CASE(any_message_gives_utf8_without_markup) {
  BOOST_CHECK(rc::check("escape", [](const std::string& text) {
    std::string out;
    append_xml(text, out);
    RC_ASSERT(is_utf8(out));
    RC_ASSERT(out.find_first_of("<>\"'") == std::string::npos);
    for (const char c : out)
      RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r');
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
