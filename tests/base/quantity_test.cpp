#include "metaset/base/quantity.h"

#include <boost/test/unit_test.hpp>

namespace metaset {
namespace {

BOOST_AUTO_TEST_SUITE(quantity)

BOOST_AUTO_TEST_CASE(sizes) {
  BOOST_TEST(parse_size("0").value() == 0u);
  BOOST_TEST(parse_size("4095").value() == 4095u);
  BOOST_TEST(parse_size("3K").value() == 3072u);
  BOOST_TEST(parse_size("20M").value() == std::uint64_t{20} << 20);
  BOOST_TEST(parse_size("256G").value() == std::uint64_t{256} << 30);
  BOOST_TEST(parse_size("64T").value() == std::uint64_t{1} << 46);
  for (const char* bad : {"", "K", "-1", "+1", " 1", "1 ", "1k", "1KB", "1.5M", "0x10",
                          "18446744073709551616", "16777216T", "1P"}) {
    BOOST_TEST_CONTEXT(bad) BOOST_TEST(!parse_size(bad));
  }
}

BOOST_AUTO_TEST_CASE(durations) {
  BOOST_TEST(parse_duration("90s").value().count() == 90);
  BOOST_TEST(parse_duration("30m").value().count() == 1800);
  BOOST_TEST(parse_duration("2h").value().count() == 7200);
  BOOST_TEST(parse_duration("1h30m").value().count() == 5400);
  BOOST_TEST(parse_duration("7d").value().count() == 604'800);
  BOOST_TEST(parse_duration("0s").value().count() == 0);
  for (const char* bad : {"", "5", "h", "1h30", "-1h", "1.5h", "2 h", "1w", "99999d",
                          "18446744073709551615s", "3000d3000d"}) {
    BOOST_TEST_CONTEXT(bad) BOOST_TEST(!parse_duration(bad));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
