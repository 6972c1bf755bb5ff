// Held metasets and their activation.
#include "metaset/store/activate.h"

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

#include "fixture.h"

namespace metaset::store {
namespace {

constexpr const char* kHeldApple = "pkg://first/apple@1.0,5.11-1:20240101T000000Z";
constexpr const char* kHeldPear = "pkg://first/pear@1.0,5.11-1:20240101T000000Z";

struct HeldRepository : TestRepository {
  MetasetRecord commit_held() {
    CommitOptions options;
    options.activate = false;
    return commit(*repository, options);
  }
  MetasetNumber active() {
    const lmdb::ReadTxn txn(repository->committed());
    return View::active_number(repository->committed(), txn);
  }
  Code refusal(MetasetNumber number) {
    try {
      activate(*repository, number);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;
  }
};

BOOST_AUTO_TEST_CASE(a_held_metaset_is_served_when_it_is_activated) {
  HeldRepository t;
  t.stage(kHeldApple);
  BOOST_TEST(t.commit_held().number == 2u);
  BOOST_TEST(t.active() == 1u);
  const Activation done = activate(*t.repository, 2);
  BOOST_TEST(done.before == 1u);
  BOOST_TEST(done.now == 2u);
  BOOST_TEST(t.active() == 2u);
  BOOST_TEST(activate(*t.repository, 2).before == 2u);
}

BOOST_AUTO_TEST_CASE(only_newer_metasets_that_exist_are_activated) {
  HeldRepository t;
  BOOST_TEST((t.refusal(2) == Code::kNotFound));
  BOOST_TEST((t.refusal(0) == Code::kNotFound));
  t.stage(kHeldApple);
  t.commit_all();
  BOOST_TEST((t.refusal(1) == Code::kConflict));
  BOOST_TEST(t.active() == 2u);
}

BOOST_AUTO_TEST_CASE(a_commit_on_top_of_a_held_metaset_has_its_packages) {
  HeldRepository t;
  t.stage(kHeldApple);
  t.commit_held();
  t.stage(kHeldPear);
  const MetasetRecord record = t.commit_all();
  BOOST_TEST(record.number == 3u);
  BOOST_TEST(record.parent == 2u);
  BOOST_TEST(t.active() == 3u);
  BOOST_TEST(t.visible(3, "first").size() == 2u);
  // Of several held ones any may be activated, in their order.
  const auto held = [&](const char* fmri) {
    t.stage(fmri);
    return t.commit_held().number;
  };
  BOOST_TEST(held("pkg://first/a@1:20240101T000000Z") == 4u);
  BOOST_TEST(held("pkg://first/b@1:20240101T000000Z") == 5u);
  activate(*t.repository, 4);
  BOOST_TEST(t.active() == 4u);
  activate(*t.repository, 5);
  BOOST_TEST((t.refusal(4) == Code::kConflict));
}

BOOST_AUTO_TEST_CASE(a_commit_of_something_else_than_was_checked_is_refused) {
  HeldRepository t;
  t.stage(kHeldApple, {}, ChangeKind::kAdd, "other");
  t.stage(kHeldPear);
  const auto expecting = [&](const CommitOptions::Expected& expected) {
    CommitOptions options;
    options.expected = expected;
    try {
      return commit(*t.repository, options).number;
    } catch (const Error& error) {
      BOOST_TEST((error.code() == Code::kConflict));
      return MetasetNumber{0};
    }
  };
  BOOST_TEST(expecting({0, 1, 1}) == 0u);
  BOOST_TEST(expecting({1, 2, 1}) == 0u);
  BOOST_TEST(expecting({1, 1, 2}) == 0u);
  BOOST_TEST(expecting({1, 1, 1}) == 2u);
}

}  // namespace
}  // namespace metaset::store
