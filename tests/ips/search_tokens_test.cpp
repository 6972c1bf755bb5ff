#include "metaset/ips/search_tokens.h"

#include <map>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "metaset/ips/manifest.h"

#include "fixtures.h"
#include "generators.h"

namespace metaset::ips {
namespace {

using Lines = std::vector<std::string>;

// "key=token" or "key=token (full)" of each tuple.
Lines tuples(const Action& action) {
  Lines out;
  for_each_search_tuple(action, [&](const SearchTuple& tuple) {
    BOOST_TEST((tuple.type == action.type()));
    out.push_back(fmt::format("{}={}", tuple.key, tuple.token));
    if (!tuple.full.empty()) out.back() += fmt::format(" ({})", tuple.full);
  });
  return out;
}

void expect(std::string_view line, const Lines& expected) {
  BOOST_TEST_CONTEXT(line) {
    BOOST_TEST(tuples(Action::parse(line)) == expected, boost::test_tools::per_element());
  }
}

std::string shown(std::string_view line, std::string_view token) {
  std::string out;
  for_each_search_tuple(Action::parse(line), [&](const SearchTuple& tuple) {
    if (out.empty() && tuple.token == token) out = tuple.shown();
  });
  return out;
}

BOOST_AUTO_TEST_SUITE(search_tokens)

BOOST_AUTO_TEST_CASE(files) {
  expect(
      "file 12ab chash=34 group=bin mode=0444 owner=root path=/usr/lib/libz.so.1 "
      "pkg.content-hash=file:sha512t_256:1 pkg.content-hash=gzip:sha512t_256:2 pkg.size=5",
      {"content=12ab (12ab)", "hash=12ab", "basename=libz.so.1", "path=/usr/lib/libz.so.1",
       "pkg.content-hash=file:sha512t_256:1", "pkg.content-hash=gzip:sha512t_256:2"});
  expect("file path=solo", {"basename=solo", "path=/solo"});
}

BOOST_AUTO_TEST_CASE(directories_and_links) {
  expect("dir path=\"opt/a b\" mode=0755", {"basename=a b", "path=/opt/a b"});
  expect("link path=usr/l target=x", {"basename=l", "path=/usr/l"});
  expect("link path=usr/l target=x mediator=m mediator-version=1",
         {"basename=l", "path=/usr/l", "mediator=m", "mediator-version=1"});
  expect("link path=usr/l target=x mediator-version=1", {"basename=l", "path=/usr/l"});
  expect("hardlink path=h target=x mediator=n mediator-implementation=i mediator-priority=vendor",
         {"basename=h", "path=/h", "mediator=n", "mediator-implementation=i",
          "mediator-priority=vendor"});
}

BOOST_AUTO_TEST_CASE(licenses) {
  expect("license 12ab license=\"My Licence\" pkg.content-hash=a:b pkg.content-hash=c:d",
         {"license=My Licence", "hash=12ab", "content=12ab", "pkg.content-hash=a:b",
          "pkg.content-hash=c:d"});
  expect("license 12ab license=\"My Licence\"", {});
}

BOOST_AUTO_TEST_CASE(dependencies) {
  expect("depend fmri=pkg:///lib/zlib@1.3 type=require",
         {"require=lib/zlib@1.3", "require=lib/zlib"});
  expect("depend fmri=pkg://pub/q/w@1 type=optional", {"optional=q/w@1", "optional=q/w"});
  expect("depend fmri=pkg:/par type=parent", {"parent=par"});
  expect("depend fmri=//pub/q@2 type=exclude", {"exclude=//pub/q@2", "exclude=//pub/q"});
  expect("depend fmri=a@1 fmri=a@2 type=require-any",
         {"require-any=a@1", "require-any=a", "require-any=a@2", "require-any=a"});
  expect("depend fmri=pkg:/cc predicate=pkg:/dd type=conditional", {"conditional=cc"});
  expect("depend fmri=n@ type=require", {"require=n@", "require=n"});
  expect("depend fmri=a type=unheard-of", {});
  expect("depend fmri=a", {});
}

BOOST_AUTO_TEST_CASE(other_types) {
  expect("driver name=dd alias=a alias=\"b c\" class=x",
         {"driver_name=dd", "alias=a", "alias=b c"});
  expect("user username=u group=g uid=7", {"name=u"});
  expect("group groupname=g gid=3", {"name=g"});
  expect("legacy pkg=SUNWx name=y", {"legacy_pkg=SUNWx", "pkg=SUNWx"});
  expect("unknown foo=bar", {});
  expect("signature 12ab algorithm=rsa-sha256 chain=ff value=00aa version=0 pkg.content-hash=x:y",
         {"certificate=12ab (12ab)", "algorithm=rsa-sha256 (rsa-sha256)", "signature=00aa (00aa)",
          "pkg.content-hash=x:y"});
  expect("signature algorithm=sha256 value=0 version=0",
         {"algorithm=sha256 (sha256)", "signature=0 (0)"});
  expect("signature value=0 version=0", {});
}

BOOST_AUTO_TEST_CASE(settings) {
  expect("set name=pkg.summary value=\"Compression library\"",
         {"pkg.summary=Compression (Compression library)",
          "pkg.summary=library (Compression library)"});
  expect("set pkg.obsolete=true", {"pkg.obsolete=true"});
  expect("set name=pkg.summary:fr value=Panier", {"pkg.summary:fr=Panier"});
  expect("set name=s value=\"Apple, \\\"quoted\\\"\"",
         {"s=Apple, (Apple, \"quoted\")", "s=\"quoted\" (Apple, \"quoted\")"});
  expect("set name=go value=\"go go stop go\"",
         {"go=go (go go stop go)", "go=go (go go stop go)", "go=stop (go go stop go)",
          "go=go (go go stop go)"});
  expect("set name=empty value=\"\"", {});
  expect("set name=blank value=\"   \"", {});
  expect("set name=multi value=a value=\"b c\" value=\"\" value=\" d\"",
         {"multi=a", "multi=b (b c)", "multi=c (b c)", "multi=d ( d)"});
  // Other white space separates words, but only where there is a space too.
  expect("set name=nbsp value=\"a\u00a0b c\u3000d\"",
         {"nbsp=a (a\u00a0b c\u3000d)", "nbsp=b (a\u00a0b c\u3000d)", "nbsp=c (a\u00a0b c\u3000d)",
          "nbsp=d (a\u00a0b c\u3000d)"});
  expect("set name=nbsp value=a\u00a0b", {"nbsp=a\u00a0b"});
}

BOOST_AUTO_TEST_CASE(classifications) {
  expect("set name=info.classification value=\"s:A/B C\"",
         {"info.classification=A/B C (A/B C)", "info.classification=A (A/B C)",
          "info.classification=B (A/B C)", "info.classification=C (A/B C)"});
  expect("set name=info.classification value=s:Core",
         {"info.classification=Core (Core)", "info.classification=Core (Core)"});
  expect("set name=info.classification value=A//B value=s: value=t:a:b",
         {"info.classification=A//B (A//B)", "info.classification=A (A//B)",
          "info.classification=B (A//B)", "info.classification=a:b (a:b)",
          "info.classification=a:b (a:b)"});
}

BOOST_AUTO_TEST_CASE(names) {
  expect("set name=pkg.fmri value=pkg://pub/a/b/c@7,7-2:20240501T100000Z",
         {"pkg.fmri=pub/a/b/c (pub/a/b/c)", "pkg.fmri=7 (pub/a/b/c)", "pkg.fmri=7 (pub/a/b/c)",
          "pkg.fmri=20240501T100000Z (pub/a/b/c)", "pkg.fmri=c (pub/a/b/c)",
          "pkg.fmri=b/c (pub/a/b/c)", "pkg.fmri=a/b/c (pub/a/b/c)"});
  expect("set name=fmri value=pkg:/solo@1.0,5.11",
         {"fmri=solo (solo)", "fmri=5.11 (solo)", "fmri=1.0 (solo)", "fmri=solo (solo)"});
  expect("set name=pkg.fmri value=\"not a name!\"", {});
}

BOOST_AUTO_TEST_CASE(what_results_show) {
  const std::string_view file = "file 12ab path=usr/bin/ls pkg.content-hash=a:b";
  BOOST_TEST(shown(file, "12ab") == "12ab");
  BOOST_TEST(shown(file, "ls") == "basename");
  BOOST_TEST(shown(file, "/usr/bin/ls") == "path");
  BOOST_TEST(shown("depend fmri=pkg:/zlib@1 type=require", "zlib") == "require");
  BOOST_TEST(shown("set name=pkg.obsolete value=true", "true") == "true");
  BOOST_TEST(shown("set name=s value=\"a b\"", "b") == "a b");
  BOOST_TEST(shown("license 12ab license=L pkg.content-hash=a:b", "12ab") == "hash");
  BOOST_TEST(shown("signature 12ab algorithm=sha256 value=0", "sha256") == "sha256");
}

BOOST_AUTO_TEST_CASE(path_keys) {
  for (const ActionType type :
       {ActionType::kFile, ActionType::kDir, ActionType::kLink, ActionType::kHardlink}) {
    BOOST_TEST(is_path_key(type, "path"));
    BOOST_TEST(is_path_key(type, "basename"));
    BOOST_TEST(!is_path_key(type, "hash"));
  }
  BOOST_TEST(!is_path_key(ActionType::kSet, "path"));
}

// What the stock depot answers for ":::*", without the action line.
BOOST_AUTO_TEST_CASE(a_whole_index_is_as_the_stock_one) {
  std::map<std::string, int> shown_values;
  std::size_t count = 0;
  for (const auto& publisher : testing::publishers()) {
    if (publisher.filename() != "north") continue;
    for (const auto& file : std::filesystem::recursive_directory_iterator(publisher / "pkg")) {
      if (!file.is_regular_file()) continue;
      for_each_action(testing::read_data(file.path()), [&](Action&& action, std::size_t) {
        for_each_search_tuple(action, [&](const SearchTuple& tuple) {
          ++shown_values[std::string(tuple.shown())];
          ++count;
        });
      });
    }
  }
  const std::map<std::string, int> expected = {{"Lichen", 1},
                                               {"Lichen, other build release", 4},
                                               {"Moss − grün und weich", 10},
                                               {"basename", 1},
                                               {"d20b1b04837bb407951b3337f6486bf88ae4687d", 1},
                                               {"hash", 1},
                                               {"north/lichen", 10},
                                               {"north/moss", 10},
                                               {"optional", 2},
                                               {"path", 1},
                                               {"pkg.content-hash", 2},
                                               {"require", 1}};
  BOOST_TEST((shown_values == expected));
  BOOST_TEST(count == 44U);
}

BOOST_AUTO_TEST_CASE(every_action_has_tokens_that_can_be_found_and_shown) {
  BOOST_TEST(testing::holds([] {
    Action action = *testing::action();
    if (*rc::gen::arbitrary<bool>()) {
      action.add(*rc::gen::element<std::string>("pkg.content-hash", "algorithm", "type", "fmri"),
                 *rc::gen::element<std::string>("require", "pkg://a/b@1", "pkg://", "@", "x:y"));
    }
    for_each_search_tuple(action, [&](const SearchTuple& tuple) {
      RC_ASSERT(!tuple.token.empty());
      if (!tuple.key.empty() || action.type() == ActionType::kSet)
        RC_ASSERT(!tuple.shown().empty());
      RC_ASSERT(tuple.type == action.type());
    });
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
