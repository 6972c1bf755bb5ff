// Lists of collected metasets, and what becomes of a repository's names for them.
#include "metaset/store/collected.h"

#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"
#include "metaset/store/rollback.h"
#include "metaset/store/statement.h"
#include "metaset/store/tags.h"

#include "fixture.h"

namespace metaset::store {
namespace {

BOOST_AUTO_TEST_SUITE(collected)

BOOST_AUTO_TEST_CASE(ranges_are_a_set_of_numbers) {
  const bool held = rc::check([] {
    CollectedMetasets ranges;
    std::set<MetasetNumber> numbers;
    const auto added =
        *rc::gen::container<std::vector<std::pair<MetasetNumber, MetasetNumber>>>(rc::gen::pair(
            rc::gen::inRange<MetasetNumber>(1, 40), rc::gen::inRange<MetasetNumber>(0, 6)));
    for (const auto& [first, more] : added) {
      ranges.add(first, first + more);
      for (MetasetNumber n = first; n <= first + more; ++n) numbers.insert(n);
    }
    RC_ASSERT(ranges.count() == numbers.size());
    MetasetNumber end = 0;
    for (const auto& [first, last] : ranges.ranges()) {
      RC_ASSERT(end == 0 || first > end + 1);  // they neither overlap nor touch
      end = last;
    }
    for (MetasetNumber first = 1; first < 50; ++first) {
      RC_ASSERT(ranges.has(first) == numbers.contains(first));
      bool all = true;
      for (MetasetNumber behind = first; behind < 50; ++behind) {
        RC_ASSERT(ranges.covers(first, behind) == all);
        all = all && numbers.contains(behind);
      }
    }
    // And so it is in the database.
    TestRepository t;
    lmdb::Env& env = t.repository->committed();
    lmdb::WriteTxn txn(env);
    CollectedMetasets other;
    other.add(3, 1000);
    other.save(env, txn);
    ranges.save(env, txn);
    RC_ASSERT(CollectedMetasets::load(env, txn).ranges() == ranges.ranges());
    for (MetasetNumber n = 1; n < 50; ++n) {
      RC_ASSERT(is_collected(env, txn, n) == numbers.contains(n));
    }
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(a_package_is_covered_if_no_visible_metaset_has_it) {
  CollectedMetasets ranges;
  ranges.add(2, 4);
  const auto entry = [](MetasetNumber added, MetasetNumber removed) {
    PackageEntry e;
    e.added_in = added;
    e.removed_in = removed;
    return e;
  };
  BOOST_TEST(ranges.covers(entry(2, 5)));
  BOOST_TEST(ranges.covers(entry(3, 4)));
  BOOST_TEST(!ranges.covers(entry(2, 6)));
  BOOST_TEST(!ranges.covers(entry(1, 3)));
  BOOST_TEST(!ranges.covers(entry(2, 0)));  // still there
  BOOST_TEST(ranges.covers(entry(7, 7)));   // was never there
}

BOOST_AUTO_TEST_CASE(a_collected_metaset_can_be_seen_no_more) {
  TestRepository t;
  for (const char* name : {"a", "b", "c"}) {
    t.stage(std::string("pkg://first/") + name + "@1:20240101T000000Z");
    t.commit_all();
  }
  lmdb::Env& env = t.repository->committed();
  {
    lmdb::WriteTxn txn(env);
    CollectedMetasets ranges;
    ranges.add(2, 2);
    ranges.save(env, txn);
    txn.commit();
  }
  const auto refused = [](const auto& act) {
    try {
      act();
    } catch (const Error& error) {
      return error.code() == Code::kNotFound &&
             error.message().find("metaset 2 was collected") != std::string::npos;
    }
    return false;
  };
  BOOST_TEST(refused([&] { require_metaset(*t.repository, "2"); }));
  BOOST_TEST(refused([&] { set_tag(*t.repository, "old", 2, "t", false); }));
  BOOST_TEST(refused([&] {
    RollbackOptions options;
    options.number = 2;
    rollback(*t.repository, options);
  }));
  const lmdb::ReadTxn txn(env);
  BOOST_TEST(require_record(env, txn, "2") == 2u);
  BOOST_TEST(require_metaset(env, txn, "3") == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
