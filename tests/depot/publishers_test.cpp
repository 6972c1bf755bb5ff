// Which publisher a request means, and what FMRIs in paths mean.
#include "metaset/depot/publishers.h"

#include "metaset/depot/fmri_argument.h"
#include "metaset/depot/publisher_document.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

BOOST_AUTO_TEST_CASE(the_default_publisher_comes_first_and_stands_for_no_prefix) {
  TestDepot t({"zebra", "fruit", "example.org"}, "fruit");
  std::string names;
  for (const PublisherFacts& facts : t.publishers().all()) names += facts.publisher.prefix + " ";
  BOOST_TEST(names == "fruit example.org zebra ");
  BOOST_TEST(t.publishers().named_or_default("").publisher.prefix == "fruit");
  BOOST_TEST(t.publishers().named_or_default("zebra").publisher.prefix == "zebra");
  BOOST_TEST(fails(Code::kInvalid, "Unknown publisher: nobody",
                   [&] { t.publishers().named_or_default("nobody"); }));
}

BOOST_AUTO_TEST_CASE(without_default_publisher_a_prefix_is_needed) {
  TestDepot t({"north", "south.example.com"}, "");
  BOOST_TEST(t.publishers().default_publisher() == nullptr);
  BOOST_TEST(t.publishers().all().front().publisher.prefix == "north");
  BOOST_TEST(fails(Code::kNotFound, "no default publisher has been configured",
                   [&] { t.publishers().named_or_default(""); }));
}

BOOST_AUTO_TEST_CASE(a_default_publisher_that_does_not_exist_is_none) {
  TestDepot t({"north"}, "nobody");
  BOOST_TEST(t.publishers().default_publisher() == nullptr);
}

BOOST_AUTO_TEST_CASE(publishers_of_later_metasets_are_known_to_the_repository_only) {
  TestDepot t;
  t.publish({manifest_of("pkg://later/new@1,5.11-0:20240101T000000Z")}, false);
  BOOST_TEST(t.publishers().find("later") == nullptr);
  BOOST_TEST(find_in_repository(t.view(), t.publishers(), "later").has_value());
  BOOST_TEST(!find_in_repository(t.view(), t.publishers(), "never").has_value());
  BOOST_TEST(fails(Code::kInvalid, "Unknown publisher: never",
                   [&] { require_in_repository(t.view(), t.publishers(), "never"); }));
}

BOOST_AUTO_TEST_CASE(refresh_seconds_are_those_of_the_publisher) {
  TestDepot t;
  BOOST_TEST(t.publishers().find("fruit")->refresh_seconds() == kDefaultRefreshSeconds);
  t.set({"repository/refresh-seconds=7200"}, "fruit");
  BOOST_TEST(t.publishers().find("fruit")->refresh_seconds() == 7200u);
  BOOST_TEST(t.publishers().find("example.org")->refresh_seconds() == kDefaultRefreshSeconds);
}

BOOST_AUTO_TEST_CASE(merged_slashes_after_pkg_are_repaired_for_known_publishers_only) {
  TestDepot t;
  const auto repair = [&](std::string_view first, const std::string& joined) {
    return repair_argument(first, joined, t.publishers());
  };
  BOOST_TEST(repair("pkg:", "pkg:/fruit/citrus@1") == "pkg://fruit/citrus@1");
  BOOST_TEST(repair("pkg:", "pkg:/citrus/lemon@1") == "pkg:/citrus/lemon@1");
  BOOST_TEST(repair("pkg:", "pkg:") == "pkg:");
  BOOST_TEST(repair("pkg:/fruit/citrus@1", "pkg:/fruit/citrus@1") == "pkg:/fruit/citrus@1");
  BOOST_TEST(repair("lib", "lib/zlib@1.3") == "lib/zlib@1.3");
  BOOST_TEST(repair("pkg:", "pkg:/fruit") == "pkg://fruit");
}

BOOST_AUTO_TEST_CASE(a_package_argument_needs_a_version) {
  BOOST_TEST(fails(Code::kInvalid, "FMRI 'pkg://fruit/basket' is missing version information.",
                   [] { parse_package_argument("basket", "fruit"); }));
  BOOST_TEST(fails(Code::kInvalid, "FMRI 'pkg:/basket' is missing version information.",
                   [] { parse_package_argument("basket", ""); }));
  BOOST_TEST(fails(Code::kInvalid, "Missing package name", [] { parse_package_argument("", ""); }));
  BOOST_TEST(parse_package_argument("basket@1,5.11-1", "fruit").text() ==
             "pkg://fruit/basket@1,5.11-1");
  BOOST_TEST(parse_package_argument("pkg://other/basket@1", "fruit").publisher == "other");
}

BOOST_AUTO_TEST_CASE(publisher_documents_have_all_publishers_or_one) {
  TestDepot t;
  t.set({"publisher/alias=fr", "repository/legal-uris=http://orchard.example.org/legal"}, "fruit");
  const std::string all = publisher_document(t.publishers(), "");
  BOOST_TEST(all.find("\"name\": \"fruit\"") < all.find("\"name\": \"example.org\""));
  BOOST_TEST(all.find("\"http://orchard.example.org/legal\"") != std::string::npos);
  BOOST_TEST(publisher_document(t.publishers(), "example.org") == R"({
  "packages": [],
  "publishers": [
    {
      "alias": null,
      "name": "example.org",
      "packages": [],
      "repositories": []
    }
  ],
  "version": 1
}
)");
  BOOST_TEST(fails(Code::kInvalid, "Unknown publisher: nobody",
                   [&] { publisher_document(t.publishers(), "nobody"); }));
}

}  // namespace
}  // namespace metaset::depot
