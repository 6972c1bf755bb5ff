#include "metaset/ips/manifest.h"

#include <boost/test/unit_test.hpp>

#include "expect.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using testing::expect_error;
using testing::expect_invalid;

// "<line>:<canonical text>" of each action.
std::vector<std::string> actions_of(std::string_view text) {
  std::vector<std::string> out;
  for_each_action(text, [&out](Action&& action, std::size_t line) {
    out.push_back(std::to_string(line) + ':' + action.text());
  });
  return out;
}

#define CHECK_EQUAL_LISTS(...) BOOST_TEST(__VA_ARGS__, boost::test_tools::per_element())

using List = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(manifest)

BOOST_AUTO_TEST_CASE(skips_comments_and_blank_lines) {
  CHECK_EQUAL_LISTS(actions_of("# c\n\n  \t\n \t set a=b\n  # set c=d\nset e=f") ==
                    List({"4:set name=a value=b", "6:set name=e value=f"}));
  BOOST_TEST(actions_of("").empty());
  BOOST_TEST(actions_of("\n").empty());
}

BOOST_AUTO_TEST_CASE(joins_continued_lines) {
  CHECK_EQUAL_LISTS(actions_of("set name=a \\\n    value=\"b \" \\\n  \"c\"\nset d=e\n") ==
                    List({"1:set name=a value=\"b c\"", "4:set name=d value=e"}));
  CHECK_EQUAL_LISTS(actions_of("set a=b\\\n  c\n") == List({"1:set name=a value=bc"}));
  CHECK_EQUAL_LISTS(actions_of("# a \\\nset b=c\nset d=e\n") == List({"3:set name=d value=e"}));
  CHECK_EQUAL_LISTS(actions_of("\\\n\\\nset b=c\n") == List({"1:set name=b value=c"}));
  // The original drops what is left open at the end.
  CHECK_EQUAL_LISTS(actions_of("set a=b\nset c=d \\\n") == List({"1:set name=a value=b"}));
}

BOOST_AUTO_TEST_CASE(names_the_line_of_an_error) {
  expect_invalid("line 2, column 10: missing value", [] { actions_of("set a=b\nset name=\n"); });
  expect_invalid("line 3: unknown action type 'sett'", [] { actions_of("\n\nsett a=b\n"); });
  expect_invalid("line 2: carriage return", [] { actions_of("set a=b\nset c=d\r\n"); });
}

BOOST_AUTO_TEST_CASE(is_bounded) {
  std::string text = "set a=";
  for (int i = 0; i < 5; ++i) text += std::string(1 << 20, 'x') + "\\\n";
  expect_error(Code::kLimit, "line 1: an action of more than", [&] { actions_of(text); });
}

BOOST_AUTO_TEST_CASE(errors_of_the_visitor_stay_as_they_are) {
  expect_error(Code::kConflict, "mine", [] {
    for_each_action("set a=b", [](Action&&, std::size_t) { throw Error(Code::kConflict, "mine"); });
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(summary)

BOOST_AUTO_TEST_CASE(groups_by_the_rule_of_the_catalog) {
  const ManifestSummary summary = summarize(
      "set name=pkg.fmri value=pkg://test/a@1,5.11:20240101T000000Z\n"
      "set name=variant.arch value=i386\n"
      "set name=facet.x value=y\n"
      "set name=pkg.summary value=Text\n"
      "depend type=require fmri=b\n"
      "set name=pkg.depend.install-hold value=h\n"
      "set name=pkg.legacy value=true\n"
      "set name=fmri value=x\n"
      "set name=publisher value=x\n"
      "set name=info.source-url value=x\n"
      "set name=info.source-url-more value=x\n"
      "set name=pkg.debug.x value=x\n"
      "set name=pkg.linted.x value=true\n"
      "set name=info.upstream-url value=u\n"
      "set name=pkg.summary:fr value=Texte\n"
      "set name=pkg.description:de:x value=Worte\n"
      "set name=pkg.human-version value=one\n"
      "depend fmri=c type=optional\n");
  CHECK_EQUAL_LISTS(
      summary.dependency ==
      List({"depend fmri=b type=require", "depend fmri=c type=optional",
            "set name=variant.arch value=i386", "set name=facet.x value=y",
            "set name=pkg.depend.install-hold value=h", "set name=pkg.legacy value=true"}));
  BOOST_REQUIRE(summary.summary.size() == 3U);
  BOOST_TEST(summary.summary[0].name == "C");
  CHECK_EQUAL_LISTS(summary.summary[0].actions ==
                    List({"set name=pkg.summary value=Text", "set name=info.upstream-url value=u",
                          "set name=pkg.human-version value=one"}));
  BOOST_TEST(summary.summary[1].name == "de");
  BOOST_TEST(summary.summary[2].name == "fr");
  BOOST_TEST(summary.fmri.text() == "pkg://test/a@1,5.11:20240101T000000Z");
  BOOST_TEST(summary.summary_text == "Text");
  BOOST_TEST(summary.human_version == "one");
  BOOST_TEST(summary.actions == 18U);
  BOOST_TEST(!summary.obsolete);
  BOOST_TEST(!summary.renamed);
}

BOOST_AUTO_TEST_CASE(collects_payloads_and_sizes) {
  const std::string a(40, 'a');
  const std::string b(40, 'b');
  const std::string c(64, 'c');
  const std::string d(40, 'd');
  const ManifestSummary summary =
      summarize("file " + c + " path=c pkg.size=10 pkg.csize=5\n" +        //
                "file " + a + " path=a pkg.size=1 pkg.csize=2\n" +         //
                "file path=a2 hash=" + a + " pkg.size=x pkg.csize=-1\n" +  //
                "license " + b + " license=l pkg.size=100 pkg.csize=200\n" + "signature " + d +
                " value=v pkg.size=7 chain=\"" + a + " " + std::string(40, 'e') + " junk\"\n" +
                "file NOHASH path=n\nfile " + std::string(40, 'A') +
                " path=u\nlink path=l target=" + a + "\n");
  CHECK_EQUAL_LISTS(summary.payloads == List({a, b, c, d, std::string(40, 'e')}));
  BOOST_TEST(summary.size == 111U);
  BOOST_TEST(summary.compressed_size == 207U);
}

BOOST_AUTO_TEST_CASE(sums_do_not_overflow) {
  const std::string big = " pkg.size=18446744073709551615 pkg.csize=99999999999999999999\n";
  const ManifestSummary summary = summarize("file path=a" + big + "file path=b" + big);
  BOOST_TEST(summary.size == 18446744073709551615U);
  BOOST_TEST(summary.compressed_size == 0U);
}

BOOST_AUTO_TEST_CASE(notes_obsolete_and_renamed) {
  BOOST_TEST(summarize("set pkg.obsolete=true").obsolete);
  BOOST_TEST(!summarize("set pkg.obsolete=false").obsolete);
  BOOST_TEST(summarize("set pkg.renamed=true").renamed);
  BOOST_TEST(summarize("set name=description value=d").summary_text == "d");
  BOOST_TEST(summarize("set description=d\nset pkg.summary=s").summary_text == "s");
}

BOOST_AUTO_TEST_CASE(tolerates_an_odd_fmri) {
  BOOST_TEST(summarize("set name=pkg.fmri value=pkg://a_b/x").fmri.name.empty());
  BOOST_TEST(summarize("dir path=x").fmri.name.empty());
}

BOOST_AUTO_TEST_CASE(refuses_locales_that_are_no_file_names) {
  for (const char* name : {"a:", "a:../x", "a:x/y", "a:x..y", "a:\"x y\"", "a:.x"}) {
    const std::string text = std::string("dir path=x\nset name=") + name + " value=b\n";
    if (std::string_view(name) == "a:\"x y\"") continue;  // a quote inside an unquoted value
    expect_invalid("line 2: illegal locale", [&] { summarize(text); });
  }
  expect_invalid("illegal locale", [] { summarize("set name=\"a:x y\" value=b"); });
  expect_invalid("illegal locale",
                 [] { summarize("set name=a:" + std::string(33, 'x') + " value=b"); });
  BOOST_TEST(summarize("set name=a:pt_BR.UTF-8@x value=b").summary.size() == 1U);
}

BOOST_AUTO_TEST_CASE(names_the_line_of_errors_in_any_type) {
  expect_invalid("line 2, column 14: missing value", [] { summarize("\ndir path=x a=\n"); });
  expect_invalid("line 1, column 5: a dir action has no hash", [] { summarize("dir x path=y"); });
}

BOOST_AUTO_TEST_CASE(holds_the_actions_of_any_manifest) {
  BOOST_TEST(testing::holds([] {
    const auto actions = *rc::gen::container<std::vector<Action>>(testing::action());
    std::string text;
    std::vector<std::string> kept;
    for (const Action& action : actions) {
      const std::string line = action.text();
      // Not every value can stand in a line.
      if (line.find_first_of("\n\r") != std::string::npos || line.ends_with('\\')) continue;
      text += line + '\n';
      kept.push_back(line);
    }
    std::vector<std::string> seen;
    for_each_action(text, [&](Action&& action, std::size_t) { seen.push_back(action.text()); });
    RC_ASSERT(seen == kept);
    try {
      RC_ASSERT(summarize(text).actions == kept.size());
    } catch (const Error& error) {
      RC_ASSERT(error.message().find("illegal locale") != std::string::npos);
    }
    check_manifest(text);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
