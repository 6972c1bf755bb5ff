// manifest/0: where a manifest is looked for and what comes back.
#include "metaset/depot/manifest.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

constexpr const char* kApple = "pkg://fruit/apple@1.9,5.11-1:20240501T104007Z";
constexpr const char* kNotedKnife = "pkg://example.org/tool/knife@7.1,5.11-2:20240502T000022Z";

struct Published : TestDepot {
  Published() {
    publish({manifest_of(kApple), manifest_of(kNotedKnife, "# " + std::string(1000, 'x') + "\n")});
  }
  Manifest find(std::string_view prefix, std::string_view fmri) {
    return find_manifest(view(), publishers(), prefix, ips::Fmri::parse(fmri));
  }
};

BOOST_AUTO_TEST_CASE(a_manifest_comes_as_it_is_stored_with_its_validators) {
  Published t;
  Manifest small = t.find("fruit", "apple@1.9,5.11-1:20240501T104007Z");
  BOOST_TEST(!small.is_gzip);
  BOOST_TEST(small.bytes == manifest_of(kApple));
  BOOST_TEST(small.size == small.bytes.size());
  BOOST_TEST(to_hex(small.sha1) == to_hex(sha1_of(manifest_of(kApple))));
  BOOST_TEST((small.last_modified == t.view().record().time));
  Manifest big = t.find("example.org", "tool/knife@7.1,5.11-2:20240502T000022Z");
  BOOST_TEST(big.is_gzip);
  BOOST_TEST(big.bytes.size() < big.size);
  const std::uint64_t size = big.size;
  BOOST_TEST(std::move(big).text().size() == size);
}

BOOST_AUTO_TEST_CASE(without_prefix_the_fmri_names_the_publisher_or_all_are_tried) {
  Published t;
  BOOST_TEST(t.find("", "tool/knife@7.1,5.11-2:20240502T000022Z").publisher.prefix ==
             "example.org");
  BOOST_TEST(t.find("", kNotedKnife).publisher.prefix == "example.org");
  BOOST_TEST(fails(Code::kNotFound, "No manifest could be found for the FMRI: 'pkg://nobody/",
                   [&] { t.find("", "pkg://nobody/apple@1.9,5.11-1:20240501T104007Z"); }));
  BOOST_TEST(fails(Code::kNotFound, "No manifest could be found",
                   [&] { t.find("", "pkg://fruit/tool/knife@7.1,5.11-2:20240502T000022Z"); }));
}

BOOST_AUTO_TEST_CASE(a_prefix_is_the_only_publisher_that_is_asked) {
  Published t;
  BOOST_TEST(
      t.find("fruit", "pkg://example.org/apple@1.9,5.11-1:20240501T104007Z").publisher.prefix ==
      "fruit");
  BOOST_TEST(fails(Code::kNotFound, "No manifest could be found",
                   [&] { t.find("fruit", "tool/knife@7.1,5.11-2:20240502T000022Z"); }));
  BOOST_TEST(fails(Code::kInvalid, "Unknown publisher: nobody", [&] { t.find("nobody", kApple); }));
}

BOOST_AUTO_TEST_CASE(versions_are_complete_and_exact) {
  Published t;
  for (const char* fmri : {"apple@1.9,5.11-1", "apple@1.9", "apple@1.9,5.10-1:20240501T104007Z",
                           "Apple@1.9,5.11-1:20240501T104007Z"}) {
    BOOST_TEST(fails(Code::kNotFound, "No manifest could be found", [&] { t.find("fruit", fmri); }),
               fmri);
  }
  BOOST_TEST(fails(Code::kInvalid, "missing version", [&] { t.find("fruit", "apple"); }));
}

BOOST_AUTO_TEST_CASE(manifests_that_are_newer_or_older_than_the_view_are_served) {
  Published t;
  const std::string newer = "pkg://fruit/plum@1,5.11-0:20250101T000000Z";
  const std::string elsewhere = "pkg://later/fig@1,5.11-0:20250101T000000Z";
  t.publish({manifest_of(newer), manifest_of(elsewhere)}, false);
  BOOST_TEST(t.find("fruit", newer).bytes == manifest_of(newer));
  BOOST_TEST(t.find("later", elsewhere).bytes == manifest_of(elsewhere));
  BOOST_TEST(t.find("", elsewhere).bytes == manifest_of(elsewhere));
  BOOST_TEST(t.find("", "fig@1,5.11-0:20250101T000000Z").bytes == manifest_of(elsewhere));
  t.remove(kApple);
  BOOST_TEST(t.find("fruit", kApple).bytes == manifest_of(kApple));
}

}  // namespace
}  // namespace metaset::depot
