#include <boost/test/unit_test.hpp>

#include "metaset/depot/browse.h"

#include "page_fixture.h"

namespace metaset::web {
namespace {

using depot::manifest_of;

// A few packages in a tree of names, one of them in two versions.
struct TreeFixture : PageFixture {
  TreeFixture() {
    publish({manifest_of("pkg://fruit/library/apple@1.0,5.11:20240101T000000Z",
                         "set name=pkg.summary value=\"An apple\"\n"
                         "set name=info.classification value=org.x:System/Libraries\n"),
             manifest_of("pkg://fruit/library/apple@2.0,5.11:20240101T000000Z",
                         "set name=pkg.summary value=\"A better apple\"\n"
                         "set name=info.classification value=org.x:System/Libraries\n"),
             manifest_of("pkg://fruit/library/pear/sweet@1.0,5.11:20240101T000000Z",
                         "set name=info.classification value=org.x:System/Other\n"),
             manifest_of("pkg://fruit/librarian@1.0,5.11:20240101T000000Z",
                         "set name=pkg.obsolete value=true\n"),
             manifest_of("pkg://example.org/tool@1.0,5.11:20240101T000000Z",
                         "set name=pkg.renamed value=true\n"
                         "depend type=require fmri=pkg:/library/apple@1.0\n")});
  }
  std::vector<std::string> names(const depot::BrowseQuery& query) {
    std::vector<std::string> result;
    depot::BrowseQuery all = query;
    for (const auto& facts : publishers().all()) all.publishers.push_back(facts.publisher);
    for (const auto& package : depot::browse(view(), all).packages) {
      result.push_back(package.name + "@" + package.entry.version.substr(0, 3));
    }
    return result;
  }
};

using Names = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(packages, TreeFixture)

BOOST_AUTO_TEST_CASE(the_newest_of_each_name_or_all_of_them) {
  BOOST_TEST((names({}) ==
              Names{"librarian@1.0", "library/apple@2.0", "library/pear/sweet@1.0", "tool@1.0"}));
  depot::BrowseQuery all;
  all.all_versions = true;
  BOOST_TEST((names(all) == Names{"librarian@1.0", "library/apple@2.0", "library/apple@1.0",
                                  "library/pear/sweet@1.0", "tool@1.0"}));
}

BOOST_AUTO_TEST_CASE(below_a_name) {
  depot::BrowseQuery query;
  query.under = "library/";
  BOOST_TEST((names(query) == Names{"library/apple@2.0", "library/pear/sweet@1.0"}));
  query.publishers = {publishers().find("fruit")->publisher};
  const auto result = depot::browse(view(), query);
  BOOST_TEST((result.folders == std::map<std::string, std::size_t>{{"pear", 1}}));
  BOOST_TEST(result.total == 2U);
}

BOOST_AUTO_TEST_CASE(by_name) {
  depot::BrowseQuery query;
  query.name = "pear";
  BOOST_TEST((names(query) == Names{"library/pear/sweet@1.0"}));
  query.name = "librar*n";
  BOOST_TEST((names(query) == Names{"librarian@1.0"}));
  query.name = "[";
  BOOST_TEST(names(query).empty());
}

BOOST_AUTO_TEST_CASE(by_classification) {
  depot::BrowseQuery query;
  query.classification = "System/Libraries";
  BOOST_TEST((names(query) == Names{"library/apple@2.0"}));
  query.classification = "System";
  BOOST_TEST((names(query) == Names{"library/apple@2.0", "library/pear/sweet@1.0"}));
  query.classification = "Sys";
  BOOST_TEST(names(query).empty());
  BOOST_TEST((depot::count_classes(view(), view().publishers()) ==
              depot::Classes{{"System/Libraries", 1}, {"System/Other", 1}}));
}

BOOST_AUTO_TEST_CASE(some_at_a_time) {
  depot::BrowseQuery query;
  query.first = 1;
  query.limit = 2;
  BOOST_TEST((names(query) == Names{"library/apple@2.0", "library/pear/sweet@1.0"}));
}

BOOST_AUTO_TEST_CASE(the_page_marks_and_links) {
  const std::string page = packages_page(site(), {});
  BOOST_TEST(has(page, "4 packages"));
  BOOST_TEST(has(page, "<a href=\"./fruit/package/library/apple\">library/apple</a>"));
  BOOST_TEST(has(page, "<bdi>A better apple</bdi>"));
  BOOST_TEST(has(page, "and 1 older"));
  BOOST_TEST(has(page, "obsolete"));
  BOOST_TEST(has(page, "renamed"));
  BOOST_TEST(has(page, "<a href=\"./packages?under=library/\">library/</a>"));
  BOOST_TEST(!has(packages_page(site("example.org"), {}), "apple"));
}

BOOST_AUTO_TEST_CASE(the_page_keeps_what_was_asked_for) {
  const std::string page =
      packages_page(site(), {.under = "library/pear/", .name = "<sweet>", .all_versions = true});
  BOOST_TEST(has(page, "value=\"&lt;sweet&gt;\""));
  BOOST_TEST(has(page, "name=\"under\" value=\"library/pear/\""));
  BOOST_TEST(has(page, " checked>"));
  BOOST_TEST(has(page, "href=\"./packages?under=library/&amp;q=%3Csweet%3E&amp;versions=all\""));
  BOOST_TEST(has(page, "0 package versions"));
}

BOOST_AUTO_TEST_CASE(odd_folders_lead_nowhere) {
  for (const char* under : {"/", "//", "a//b/", "nothing/"}) {
    BOOST_TEST(has(packages_page(site(), {.under = under}), "0 packages"));
  }
}

BOOST_AUTO_TEST_CASE(classifications) {
  const std::string page = classes_page(site());
  BOOST_TEST(has(page, "<a href=\"./packages?class=System/Libraries\"><bdi>System/Libraries"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
