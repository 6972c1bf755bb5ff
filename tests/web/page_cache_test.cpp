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
    const auto tree = cache->files(view(), outlines(), *entry);
    BOOST_TEST(tree->size() == static_cast<std::size_t>(directories));
    return cache->files(view(), outlines(), *entry) == tree;
  }
};

struct DetailsFixture : PageFixture {
  // Whether what is said of a package is there when it is asked for again.
  bool keeps(const std::string& name, const std::string& line) {
    publish({depot::manifest_of("pkg://fruit/" + name + "@1,5.11:20240101T000000Z", line + "\n")});
    const auto entry = view().newest(view().publisher("fruit")->id, name);
    const auto details = cache->details(view(), outlines(), *entry);
    return cache->details(view(), outlines(), *entry) == details;
  }
};

BOOST_FIXTURE_TEST_CASE(details_are_kept_unless_they_are_long, DetailsFixture) {
  const std::string text(70'000, 'x');
  std::string values;
  for (int i = 0; i < 600; ++i) values += " value=" + std::to_string(i);
  BOOST_TEST(keeps("plain", "set name=info.classification value=x"));
  BOOST_TEST(!keeps("classes", "set name=info.classification value=" + text));
  BOOST_TEST(!keeps("many-classes", "set name=info.classification" + values));
  BOOST_TEST(!keeps("page", "set name=info.upstream-url value=" + text));
  BOOST_TEST(!keeps("signed", "signature algorithm=none value=00 version=0 chain=" + text));
  BOOST_TEST(!keeps("kind", "depend type=require fmri=x predicate=" + text));
}

BOOST_FIXTURE_TEST_SUITE(page_cache, CacheFixture)

BOOST_AUTO_TEST_CASE(bytes_that_were_unknown_are_counted_when_manifests_are_back) {
  publish({depot::manifest_of("pkg://fruit/pear@1,5.11:20240101T000000Z",
                              "file 01 path=x pkg.csize=77\n")});
  const std::string key(bytes_of(view().newest(view().publisher("fruit")->id, "pear")->manifest));
  std::string row;
  const auto change = [&](const auto& how) {
    session.end();
    lmdb::Env& env = session.store().committed();
    {
      lmdb::WriteTxn txn(env);
      how(txn, env.table(store::kManifests));
      txn.commit();
    }
    session.begin();
  };
  change([&](lmdb::WriteTxn& txn, lmdb::Table table) {
    row = *txn.get(table, key);
    txn.erase(table, key);
  });
  BOOST_TEST(!cache->added_bytes(view()).has_value());
  change([&](lmdb::WriteTxn& txn, lmdb::Table table) { txn.put(table, key, row); });
  BOOST_TEST_REQUIRE(cache->added_bytes(view()).has_value());
  BOOST_TEST(cache->added_bytes(view())->manifests > 0U);
}

// Others are made at once, or take too much memory.
BOOST_AUTO_TEST_CASE(trees_of_large_packages_are_kept) {
  BOOST_TEST(!keeps("small", 10));
  BOOST_TEST(keeps("large", 2000));
  BOOST_TEST(!keeps("huge", 150'000));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::web
