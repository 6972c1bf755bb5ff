#include "metaset/web/links.h"

#include <boost/test/unit_test.hpp>

namespace metaset::web {
namespace {

BOOST_AUTO_TEST_SUITE(links)

BOOST_AUTO_TEST_CASE(from_the_top) {
  const Links links = Links::of_page("/", false);
  BOOST_TEST(links.page("", "") == "./");
  BOOST_TEST(links.page("pub", "") == "./pub/");
  BOOST_TEST(links.page("", "packages") == "./packages");
  BOOST_TEST(links.package("pub", "library/zlib", "1.3,5.11-1:20240501T100000Z") ==
             "./pub/package/library/zlib@1.3,5.11-1:20240501T100000Z");
  BOOST_TEST(links.metaset(7) == "./metasets/7");
  BOOST_TEST(links.view(7) == "./metaset/7/");
}

BOOST_AUTO_TEST_CASE(from_below) {
  const Links links = Links::of_page("/pub/package/a/b@1", false);
  BOOST_TEST(links.page("", "") == "../../../");
  BOOST_TEST(links.page("pub", "packages") == "../../../pub/packages");
  BOOST_TEST(links.base() == "../../../");
}

BOOST_AUTO_TEST_CASE(from_a_view) {
  const Links links = Links::of_page("/metasets/4", true);
  BOOST_TEST(links.page("", "packages") == "../packages");
  BOOST_TEST(links.base() == "../../../");
  BOOST_TEST(links.view(3) == "../../../metaset/3/");
}

BOOST_AUTO_TEST_CASE(whatever_is_in_a_name_stays_in_its_place) {
  const Links links = Links::of_page("/", false);
  BOOST_TEST(links.package("", "a?b#c%\"<'> d", "") == "./package/a%3Fb%23c%25%22%3C%27%3E%20d");
  BOOST_TEST(links.operation("p", "p5i/0", "x+y@1,2:3") == "./p/p5i/0/x+y@1,2:3");
}

BOOST_AUTO_TEST_CASE(queries) {
  BOOST_TEST(Query().text() == "");
  BOOST_TEST(Query().add("q", "a&b=c d+e").add("under", "").add("page", "2").text() ==
             "?q=a%26b%3Dc%20d%2Be&page=2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
