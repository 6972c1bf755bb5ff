#include "metaset/base/certificate.h"

#include <boost/test/unit_test.hpp>

#include "certificate_text.h"

namespace metaset {
namespace {

BOOST_AUTO_TEST_SUITE(certificate)

BOOST_AUTO_TEST_CASE(whom_it_is_for) {
  const auto names = read_certificate_names(kCertificate);
  BOOST_REQUIRE(names.has_value());
  BOOST_TEST(names->subject == "O=Example, CN=J\xc3\xbcrgen \\<i\\>x");
  BOOST_TEST(names->issuer == names->subject);
}

BOOST_AUTO_TEST_CASE(what_is_none) {
  const std::string text = kCertificate;
  BOOST_TEST(!read_certificate_names("").has_value());
  BOOST_TEST(!read_certificate_names("hello").has_value());
  BOOST_TEST(!read_certificate_names(text.substr(0, 300)).has_value());
  BOOST_TEST(!read_certificate_names(std::string(1 << 20, 'x') + text).has_value());
  std::string damaged = text;
  damaged[60] = damaged[60] == 'A' ? 'B' : 'A';
  read_certificate_names(damaged);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
