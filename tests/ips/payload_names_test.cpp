// The fast way to the payloads of a manifest finds what the thorough one does.
#include "metaset/ips/payloads.h"

#include <set>

#include <boost/test/unit_test.hpp>

#include "metaset/ips/manifest.h"

#include "generators.h"

namespace metaset::ips {
namespace {

std::set<std::string> names_of(const std::string& manifest) {
  std::set<std::string> names;
  for_each_payload_name(manifest, [&](std::string_view name) { names.emplace(name); });
  return names;
}

std::set<std::string> all_of(const std::string& manifest) {
  const auto payloads = summarize(manifest).payloads;
  return {payloads.begin(), payloads.end()};
}

BOOST_AUTO_TEST_SUITE(payload_names)

BOOST_AUTO_TEST_CASE(every_way_to_name_a_payload) {
  const std::string a(40, 'a'), b(64, 'b'), c(40, 'c'), d(40, 'd'), e(40, 'e');
  const std::string text = "file " + a + " path=a\n  license\t" + b + " license=b\n" +
                           "file path=\"c d\" hash=" + c + "\n# file " + e + " path=e\n" +
                           "file \\\n" + d + " path=d\n" + "signature " + a + " value=v chain=\"" +
                           c + "  " + e + " no\" chain=" + d + "\n" + "file NOHASH path=n\n" +
                           "dir path=usr\nset name=hash value=" + e + "\nlink path=l target=" + e;
  BOOST_TEST(names_of(text) == all_of(text));
  BOOST_TEST(names_of(text).size() == 5u);
  BOOST_TEST(names_of("").empty());
}

rc::Gen<std::string> payload_action() {
  const auto name = rc::gen::oneOf(
      rc::gen::map(rc::gen::elementOf(std::string("0123456789abcdef")),
                   [](char c) { return std::string(40, c); }),
      rc::gen::map(rc::gen::elementOf(std::string("0123456789abcdef")),
                   [](char c) { return std::string(64, c); }),
      rc::gen::element<std::string>("NOHASH", "zz", std::string(39, 'a'), std::string(40, 'A')));
  const auto blank = rc::gen::element<std::string>(" ", "  ", "\t", " \\\n");
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 5), name, blank, name),
      [](const std::tuple<int, std::string, std::string, std::string>& parts) {
        const auto& [kind, hash, gap, other] = parts;
        switch (kind) {
          case 0:
            return "file" + gap + hash + gap + "path=a" + gap + "pkg.size=1\n";
          case 1:
            return "file path=a" + gap + "hash=" + hash + "\n";
          case 2:
            return "license " + hash + gap + "license=\"a \\\" hash=" + other + "\"\n";
          case 3:
            return "signature " + hash + gap + "value=x chain=\"" + hash + gap + other + "\"\n";
          default:
            return "set name=a" + gap + "value=" + hash + "\n";
        }
      });
}

BOOST_AUTO_TEST_CASE(finds_what_the_summary_has) {
  BOOST_TEST(testing::holds([] {
    std::string text;
    for (const std::string& action :
         *rc::gen::container<std::vector<std::string>>(payload_action())) {
      text += action;
    }
    std::set<std::string> wanted;
    try {
      wanted = all_of(text);
    } catch (const Error&) {
      RC_DISCARD("not a manifest");
    }
    RC_ASSERT(names_of(text) == wanted);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
