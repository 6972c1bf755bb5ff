// Which payloads a manifest names, and how large it says that they are.
#include "metaset/ips/payloads.h"

#include <boost/test/unit_test.hpp>

#include "expect.h"

namespace metaset::ips {
namespace {

using testing::expect_invalid;

std::vector<std::string> payloads_in(std::string_view manifest) {
  std::vector<std::string> found;
  for_each_payload(manifest, [&](std::string_view name, std::uint64_t csize) {
    found.push_back(std::string(name.substr(0, 2)) + " " + std::to_string(csize));
  });
  return found;
}

std::string name_of(char digit) { return std::string(40, digit); }

BOOST_AUTO_TEST_SUITE(payload_sizes)

BOOST_AUTO_TEST_CASE(of_files_licenses_and_signatures) {
  const std::string manifest =
      "set name=pkg.fmri value=pkg://a/b@1 pkg.csize=9\n"
      "file " +
      name_of('a') +
      " path=a pkg.size=10 pkg.csize=7\n"
      "license hash=" +
      std::string(64, 'b') +
      " license=x pkg.csize=8\n"
      "file NOHASH path=c pkg.csize=1\n"
      "file " +
      name_of('a') +
      " path=d pkg.csize=7\n"
      "file " +
      name_of('d') +
      " path=e pkg.csize=many\n"
      "signature " +
      name_of('e') +
      " algorithm=rsa-sha256 pkg.csize=3 value=0 version=0 \\\n"
      "  chain=\"" +
      name_of('0') + " " + name_of('1') + " x " + name_of('2') +
      "\" chain.csizes=\"4 5 6\"\n"
      "dir path=" +
      name_of('f') + " pkg.csize=5\n";
  const std::vector<std::string> expected = {"aa 7", "bb 8", "aa 7", "dd 0",
                                             "ee 3", "00 4", "11 5", "22 0"};
  BOOST_TEST(payloads_in(manifest) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_broken_line_is_named) {
  expect_invalid("line 2", [] { payloads_in("set a=b\nfile \"\n"); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
