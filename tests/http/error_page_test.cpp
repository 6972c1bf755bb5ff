#include "metaset/http/error_page.h"

#include <boost/test/unit_test.hpp>

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
