#include "metaset/web/page_cache.h"

#include <boost/test/unit_test.hpp>

#include "page_fixture.h"

namespace metaset::web {
namespace {

struct CacheFixture : PageFixture {
  // Whether the tree of a package with so many directories is there when it is asked for again.
  bool keeps(const char* name, int directories) {
    std::string lines;
    for (int i = 0; i < directories; ++i) lines += "dir path=" + std::to_string(i) + "\n";
    publish({depot::manifest_of("pkg://fruit/" + std::string(name) + "@1,5.11:20240101T000000Z",
                                lines)});
    const auto entry = view().newest(view().publisher("fruit")->id, name);
    const auto tree = cache.files(view(), *entry);
    BOOST_TEST(tree->size() == static_cast<std::size_t>(directories));
    return cache.files(view(), *entry) == tree;
  }
};

BOOST_FIXTURE_TEST_SUITE(page_cache, CacheFixture)

// Others are made at once, or take too much memory.
BOOST_AUTO_TEST_CASE(trees_of_large_packages_are_kept) {
  BOOST_TEST(!keeps("small", 10));
  BOOST_TEST(keeps("large", 2000));
  BOOST_TEST(!keeps("huge", 150'000));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
