#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/layout.h"

#include "page_fixture.h"
#include "web/metaset_chart.h"

namespace metaset::web {
namespace {

using depot::manifest_of;

// Metaset 1 is empty; 2 has a@1 and b@1; 3 has a@2 besides and no b.
struct HistoryFixture : PageFixture {
  HistoryFixture() {
    publish({manifest_of("pkg://fruit/a@1.0,5.11:20240101T000000Z"),
             manifest_of("pkg://example.org/b@1.0,5.11:20240101T000000Z")});
    publish({manifest_of("pkg://fruit/a@2.0,5.11:20240102T000000Z")});
    remove("pkg://example.org/b@1.0,5.11:20240101T000000Z");
  }
};

BOOST_FIXTURE_TEST_SUITE(metasets, HistoryFixture)

BOOST_AUTO_TEST_CASE(all_of_them_newest_first) {
  const std::string page = metasets_page(site(), {});
  std::size_t at = 0;
  for (const char* link : {"./metasets/4\"><", "./metasets/3\"><", "./metasets/1\"><"}) {
    at = page.find(link, at);
    BOOST_TEST(at != std::string::npos);
  }
  BOOST_TEST(has(page, "<svg class=\"chart\""));
  BOOST_TEST(has(page, "Metaset 2, "));
  BOOST_TEST(has(page, ": 2 package versions changed</title>"));
  BOOST_TEST(!has(metasets_page(site(), {.before = 3}), "metasets/3\""));
}

BOOST_AUTO_TEST_CASE(bytes_of_large_metasets_are_those_that_were_noted) {
  std::vector<std::string> manifests;
  for (std::uint64_t i = 0; i <= store::SizeNotes::kLarge; ++i) {
    manifests.push_back(manifest_of(fmt::format("pkg://fruit/n{}@1.0,5.11:20240101T000000Z", i)));
  }
  publish(manifests);
  BOOST_TEST(has(metasets_page(site(), {}), ": bytes not counted"));
  session.store().size_notes().materialize(view());
  BOOST_TEST(!has(metasets_page(site(), {}), ": bytes not counted"));
  BOOST_TEST(!has(metasets_page(site("example.org"), {}), ": bytes not counted"));
  // One that says something else is not shown, and makes room for another one.
  const std::string path = store::size_directory(root) + "/" + to_hex(view().record().digest);
  const std::string whole = read_file(path, 1000);
  write_file_atomically(path, "sizes 2 9" + whole.substr(9), false);
  BOOST_TEST(has(metasets_page(site(), {}), ": bytes not counted"));
  BOOST_TEST(!file_info(path));
  session.store().size_notes().materialize(view());
  BOOST_TEST(!has(metasets_page(site(), {}), ": bytes not counted"));
  BOOST_TEST(read_file(path, 1000) == whole);
}

BOOST_AUTO_TEST_CASE(what_a_metaset_changed) {
  const std::string third = metaset_page(site(), {.name = "3"});
  BOOST_TEST(has(third, "1 packages differ from metaset 2"));
  BOOST_TEST(has(third, "1.0 to 2.0"));
  BOOST_TEST(has(third, "href=\"./metaset/3/fruit/package/a@2.0,5.11:20240102T000000Z\""));
  const std::string fourth = metaset_page(site(), {.name = "4", .from = "1"});
  BOOST_TEST(has(fourth, "1 packages differ from metaset 1"));
  BOOST_TEST(has(metaset_page(site(), {.name = "4"}), "removed"));
  BOOST_TEST(has(metaset_page(site(), {.name = "1"}), "Metaset 1"));
}

BOOST_AUTO_TEST_CASE(only_what_may_be_seen) {
  Site tagged = site();
  tagged.history = History::kTagged;
  const auto is_missing = [](const Error& error) { return error.code() == Code::kNotFound; };
  BOOST_CHECK_EXCEPTION(metaset_page(tagged, {.name = "3"}), Error, is_missing);
  BOOST_CHECK_EXCEPTION(metaset_page(site(), {.name = "9"}), Error, is_missing);
  BOOST_CHECK_EXCEPTION(metaset_page(site(), {.name = "3", .from = "9"}), Error, is_missing);
  BOOST_TEST(!has(metasets_page(tagged, {}), "metasets/3"));
}

BOOST_AUTO_TEST_CASE(bars_are_as_high_as_their_share) {
  Data data;
  add_metaset_chart({{"one", "l", 1, 0}, {"two", "l", 4, std::nullopt}, {"three", "l", 0, 7}},
                    data);
  const auto& bars = data.get("change_bars")->list_value();
  const auto height = [&](std::size_t i) { return bars[i].get("height")->string_value(); };
  BOOST_TEST(height(0) == "32.0");
  BOOST_TEST(height(1) == "64.0");
  BOOST_TEST(height(2) == "0.0");
  const auto& bytes = data.get("byte_bars")->list_value();
  BOOST_TEST(bytes[1].get("text")->string_value() == "two: bytes not counted");
  BOOST_TEST(bytes[2].get("text")->string_value() == "three: 7.00 B added");
}

BOOST_AUTO_TEST_CASE(a_feed_of_metasets_and_packages) {
  const std::string all = feed(site());
  BOOST_TEST(all.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed "));
  BOOST_TEST(has(all, "<title>Metaset 4: removed</title>"));
  BOOST_TEST(has(all, "<title>Added a 2.0</title>"));
  BOOST_TEST(has(all, "<title>Removed b 1.0</title>"));
  BOOST_TEST(has(all, "href=\"http://depot.example/fruit/package/a@2.0,5.11:20240102T000000Z\""));
  const std::string one = feed(site("example.org"));
  BOOST_TEST(has(one, "<title>Removed b 1.0</title>"));
  BOOST_TEST(has(one, "Metaset 4"));
  BOOST_TEST(!has(one, "Metaset 3"));
  BOOST_TEST(!has(one, "Added a"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
