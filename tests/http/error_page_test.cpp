#include "metaset/http/error_page.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/percent.h"
#include "metaset/http/response.h"

namespace metaset::http {
namespace {

BOOST_AUTO_TEST_SUITE(error_pages)

BOOST_AUTO_TEST_CASE(the_form_that_clients_parse) {
  BOOST_TEST(error_page(400, "The <\"name\"> & more.") ==
             "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n"
             "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n"
             "<html><head><title>400 Bad Request</title></head>\n"
             "<body><h2>400 Bad Request</h2><p>The &lt;&quot;name&quot;&gt; &amp; more.</p></body>"
             "</html>\n");
}

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

BOOST_AUTO_TEST_CASE(any_message_gives_utf8_without_markup) {
  BOOST_CHECK(rc::check("escape", [](const std::string& text) {
    std::string out;
    append_xml(text, out);
    RC_ASSERT(is_utf8(out));
    RC_ASSERT(out.find_first_of("<>\"") == std::string::npos);
    for (const char c : out)
      RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r');
  }));
}

BOOST_AUTO_TEST_CASE(header_values_cannot_end_their_line) {
  Response response;
  BOOST_CHECK_THROW(response.add_header("X", "a\r\nSet-Cookie: b"), std::exception);
  BOOST_CHECK_THROW(response.add_header("X", std::string(1, '\0')), std::exception);
  response.add_header("X", "\xc3\xa9 fine");
  BOOST_TEST(response.headers.size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
