#include <boost/test/unit_test.hpp>

#include "metaset/web/documents.h"

#include "page_fixture.h"

namespace metaset::web {
namespace {

using depot::manifest_of;

// So long that the versions of one name fill a document.
constexpr std::size_t kSummary = 1 << 20;
constexpr int kVersions = 9;

struct LongFixture : PageFixture {
  LongFixture() {
    for (const char* name : {"apple", "pear", "quince"}) {
      for (int i = 0; i < kVersions; ++i) {
        publish({manifest_of(
            std::string("pkg://fruit/") + name + "@" + std::to_string(i) +
                ".0,5.11:20240101T000000Z",
            "set name=pkg.summary value=\"long " + std::string(kSummary, 'x') + "\"\n")});
      }
    }
  }
  rapidjson::Document found(std::uint64_t first, bool all_versions) {
    FindQuery query;
    query.text = "long";
    query.first = first;
    rapidjson::Document document;
    rapidjson::Value value = search_json(site(), query, all_versions, {}, document);
    static_cast<rapidjson::Value&>(document).Swap(value);
    return document;
  }
};

BOOST_FIXTURE_TEST_SUITE(search_documents, LongFixture)

BOOST_AUTO_TEST_CASE(what_is_too_long_is_in_the_next_part) {
  const auto newest = found(0, false);
  BOOST_TEST(newest["packages"].Size() == 3U);
  BOOST_TEST(newest["next"].IsNull());
  auto part = found(0, true);
  for (const char* name : {"apple", "pear", "quince"}) {
    BOOST_REQUIRE(part["packages"].Size() == kVersions);
    BOOST_TEST(part["packages"][0]["name"].GetString() == name);
    if (part["next"].IsNull()) break;
    part = found(part["next"].GetUint64(), true);
  }
  BOOST_TEST(part["packages"][0]["name"].GetString() == "quince");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
