// Packages as `pkgrepo list` shows them.
#include "metaset/depot/list.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

struct ListedDepot : TestDepot {
  ListedDepot() {
    publish(stock_manifests("repo-utf8/fruit"));
    publish(stock_manifests("repo-utf8/example.org"));
  }
  ListResult list(const ListQuery& query) { return list_packages(view(), publishers(), query); }
  std::string names(const ListQuery& query) {
    std::string result;
    for (const ListedPackage& package : list(query).packages) {
      result += package.publisher + "/" + package.name + "@" + package.version.short_text();
      result += package.obsolete ? "o" : package.renamed ? "r" : "";
      result += " ";
    }
    return result;
  }
};

BOOST_AUTO_TEST_CASE(everything_by_publisher_and_name_newest_first) {
  ListedDepot t;
  const auto all = t.list({}).packages;
  BOOST_TEST(all.size() == 23u);
  BOOST_TEST(all.front().publisher == "example.org");
  BOOST_TEST(all.back().publisher == "fruit");
  BOOST_TEST(t.names({{}, {"pear", "tool/knife"}}) ==
             "example.org/tool/knife@7.1-2 example.org/tool/knife@7.1-1 fruit/pear@1.1-1o "
             "fruit/pear@1.0-1 ");
  BOOST_TEST(t.names({{"fruit"}, {"/quince"}}) == "fruit/quince@1.1-1r fruit/quince@1.0-1 ");
}

BOOST_AUTO_TEST_CASE(latest_takes_the_newest_of_each_name) {
  ListedDepot t;
  BOOST_TEST(t.names({{}, {"apple@latest", "tool/knife@7.1-1"}}) ==
             "example.org/apple@5.0-1 example.org/tool/knife@7.1-1 fruit/apple@1.10-1.1 ");
  BOOST_TEST(t.list({{"all"}, {"*@latest"}}).packages.size() == 16u);
}

BOOST_AUTO_TEST_CASE(what_does_not_match_is_named) {
  ListedDepot t;
  const ListResult some = t.list({{"fruit", "nobody"}, {"apple", "x", "tool/knife"}});
  BOOST_TEST(some.packages.size() == 4u);
  BOOST_TEST(some.unknown_publishers == std::vector<std::string>{"nobody"});
  const std::vector<std::string> unmatched{"x", "tool/knife"};
  BOOST_TEST(some.unmatched_patterns == unmatched);
  BOOST_TEST(unmatched_message(unmatched) ==
             "The following pattern(s) did not match any packages:\n\tx\n\ttool/knife");
  BOOST_TEST(fails(Code::kNotFound, "no matching publishers found", [&] {
    t.list({{"nobody"}, {}});
  }));
  BOOST_TEST(fails(Code::kInvalid, "' is an illegal FMRI", [&] { t.list({{}, {"a", "_b"}}); }));
}

}  // namespace
}  // namespace metaset::depot
