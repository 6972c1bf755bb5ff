#include "metaset/store/search_pages.h"

#include <vector>

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

#include "store/search_page.h"

namespace metaset::store {
namespace {

std::string row_of(const std::string& text) {
  const SearchLine line{{{1, 0}}, text};
  return encode_search_page(&line, 1);
}

BOOST_AUTO_TEST_SUITE(search_pages)

BOOST_AUTO_TEST_CASE(a_page_is_read_once) {
  SearchPageCache cache;
  const auto first = cache.get(row_of("file path=a"));
  BOOST_TEST(first->lines().at(0).text == "file path=a");
  BOOST_TEST(cache.get(row_of("file path=a")).get() == first.get());
  BOOST_TEST(cache.get(row_of("file path=b"))->lines().at(0).text == "file path=b");
  BOOST_TEST(first->lines().at(0).text == "file path=a");
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_what_is_used_stays) {
  constexpr std::size_t kMost = 64 << 10;
  SearchPageCache cache(kMost);
  const auto used = cache.get(row_of("file path=used"));
  for (int i = 0; i < 2000; ++i) {
    const std::string text = "file path=other-" + std::to_string(i);
    BOOST_TEST(cache.get(row_of(text))->lines().at(0).text == text);
    BOOST_REQUIRE(cache.get(row_of("file path=used")).get() == used.get());
    BOOST_REQUIRE(cache.bytes() <= kMost);
  }
  BOOST_TEST(cache.bytes() > kMost / 4);
}

BOOST_AUTO_TEST_CASE(a_page_that_is_too_large_is_given_all_the_same) {
  SearchPageCache cache(1000);
  const std::string text(5000, 'x');
  BOOST_TEST(cache.get(row_of(text))->lines().at(0).text == text);
  BOOST_TEST(cache.bytes() == 0);
}

BOOST_AUTO_TEST_CASE(damaged_ones_are_refused) {
  SearchPageCache cache;
  std::string row = row_of("file path=a");
  row.back() = static_cast<char>(row.back() + 1);
  BOOST_CHECK_THROW(cache.get(row + "x"), Error);
  BOOST_TEST(cache.bytes() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
