// Metasets that become active at a given moment.
#include <array>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include "metaset/base/error.h"
#include "metaset/store/activate.h"
#include "metaset/store/compact.h"
#include "metaset/store/layout.h"
#include "metaset/store/rollback.h"

#include "fixture.h"

namespace metaset::store {
namespace {

Time from_now(std::int64_t milliseconds) { return Time{now().micros + milliseconds * 1000}; }

constexpr std::int64_t kHour = 3'600'000;

// Metaset 1 is active, 2 to 4 are held.
struct ScheduledRepository : TestRepository {
  ScheduledRepository() {
    for (const char* name : {"a", "b", "c"}) hold(name);
  }
  MetasetNumber hold(const std::string& name) {
    stage("pkg://first/" + name + "@1:20240101T000000Z");
    CommitOptions options;
    options.activate = false;
    return commit(*repository, options).number;
  }
  MetasetNumber publish(const std::string& name) {
    stage("pkg://first/" + name + "@1:20240101T000000Z");
    return commit_all().number;
  }
  lmdb::Env& env() { return repository->committed(); }
  MetasetNumber active() {
    const lmdb::ReadTxn txn(env());
    return View::active_number(env(), txn);
  }
  ActiveRecord record() {
    const lmdb::ReadTxn txn(env());
    return active_record(env(), txn);
  }
  std::optional<Schedule> pending() {
    const lmdb::ReadTxn txn(env());
    return pending_schedule(env(), txn);
  }
  // As if it had been told long ago, and the moment were now.
  void is_due(MetasetNumber number) {
    lmdb::WriteTxn txn(env());
    put_schedule(env(), txn, Schedule{number, from_now(-1)});
    txn.commit();
  }
  void is_due_in(MetasetNumber number, std::int64_t milliseconds) {
    lmdb::WriteTxn txn(env());
    put_schedule(env(), txn, Schedule{number, from_now(milliseconds)});
    txn.commit();
  }
  template <typename Act>
  static Code refusal(const Act& act) {
    try {
      act();
    } catch (const Error& error) {
      return error.code();
    }
    return Code::kInternal;
  }
};

BOOST_FIXTURE_TEST_SUITE(schedule, ScheduledRepository)

BOOST_AUTO_TEST_CASE(records_of_all_kinds_are_read) {
  BOOST_TEST(ActiveRecord::decode(u64_key(7)).number == 7u);
  BOOST_TEST(!ActiveRecord::decode(u64_key(7)).schedule);
  const ActiveRecord both{7, Schedule{9, Time{-5}}};
  BOOST_TEST(both.encode().size() == 24u);
  BOOST_TEST((ActiveRecord::decode(both.encode()).schedule == both.schedule));
  BOOST_TEST(ActiveRecord::decode(both.encode()).number == 7u);
  BOOST_TEST(read_u64(both.encode()) == 7u);  // programs from before
  BOOST_TEST(both.at(Time{-6}) == 7u);
  BOOST_TEST(both.at(Time{-5}) == 9u);
  BOOST_TEST((refusal([] { ActiveRecord::decode("x"); }) == Code::kCorrupt));
}

BOOST_AUTO_TEST_CASE(a_reader_makes_the_switch_by_itself) {
  const Time at = from_now(400);
  const Activation done = activate_at(*repository, 3, at);
  BOOST_TEST(done.before == 1u);
  BOOST_TEST(done.now == 1u);
  BOOST_TEST((done.scheduled == Schedule{3, at}));
  // In one snapshot of the database too: nobody writes.
  const lmdb::ReadTxn txn(env());
  bool early = false, late = false;
  for (int i = 0; i < 2000 && !late; ++i) {
    const Time before = now();
    const MetasetNumber seen = View::active_number(env(), txn);
    const Time after = now();
    BOOST_REQUIRE((seen == 1 || seen == 3));
    if (after < at) BOOST_REQUIRE(seen == 1u);
    if (before >= at) BOOST_REQUIRE(seen == 3u);
    early = early || seen == 1;
    late = before >= at;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  BOOST_TEST(early);
  BOOST_TEST(late);
  BOOST_TEST(!pending());
  BOOST_TEST(record().number == 1u);
  settle_active(env());
  BOOST_TEST(record().number == 3u);
  BOOST_TEST(!record().schedule);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_scheduled) {
  activate(*repository, 2);
  BOOST_TEST((refusal([&] { activate_at(*repository, 1, from_now(kHour)); }) == Code::kConflict));
  BOOST_TEST((refusal([&] { activate_at(*repository, 9, from_now(kHour)); }) == Code::kNotFound));
  BOOST_TEST(activate_at(*repository, 2, from_now(kHour)).now == 2u);
  BOOST_TEST(!pending());
  // What has passed is now.
  BOOST_TEST(activate_at(*repository, 3, from_now(-1)).now == 3u);
  BOOST_TEST(record().number == 3u);
  BOOST_TEST(!record().schedule);
}

BOOST_AUTO_TEST_CASE(a_second_one_replaces_the_first) {
  activate_at(*repository, 3, from_now(kHour));
  const Schedule next{2, from_now(2 * kHour)};
  BOOST_TEST((activate_at(*repository, 2, next.at).scheduled == next));
  BOOST_TEST((pending() == next));
  BOOST_TEST((cancel_activation(*repository) == next));
  BOOST_TEST(!pending());
  BOOST_TEST(!cancel_activation(*repository).has_value());
  BOOST_TEST(active() == 1u);
}

BOOST_AUTO_TEST_CASE(what_readers_may_have_done_already_is_not_taken_back) {
  is_due_in(3, 2000);
  BOOST_TEST((refusal([&] { cancel_activation(*repository); }) == Code::kConflict));
  BOOST_TEST((refusal([&] { activate_at(*repository, 4, from_now(kHour)); }) == Code::kConflict));
  BOOST_TEST((pending()->number == 3u));
  is_due(3);
  BOOST_TEST(!cancel_activation(*repository).has_value());
  BOOST_TEST(active() == 3u);
  BOOST_TEST((refusal([&] { activate_at(*repository, 2, from_now(kHour)); }) == Code::kConflict));
  activate_at(*repository, 4, from_now(kHour));
  BOOST_TEST(record().number == 3u);
  BOOST_TEST(pending()->number == 4u);
}

BOOST_AUTO_TEST_CASE(activation_before_the_time) {
  activate_at(*repository, 3, from_now(kHour));
  BOOST_TEST(activate(*repository, 2).scheduled->number == 3u);
  BOOST_TEST(active() == 2u);
  BOOST_TEST(!activate(*repository, 3).scheduled);
  BOOST_TEST(!pending());
  activate_at(*repository, 4, from_now(kHour));
  BOOST_TEST((refusal([&] { activate(*repository, 2); }) == Code::kConflict));
  BOOST_TEST(pending()->number == 4u);
}

BOOST_AUTO_TEST_CASE(commits_before_the_time) {
  activate_at(*repository, 3, from_now(kHour));
  BOOST_TEST(hold("d") == 5u);
  BOOST_TEST(pending()->number == 3u);
  BOOST_TEST(publish("e") == 6u);  // newer, and active at once
  BOOST_TEST(!pending());
  BOOST_TEST(active() == 6u);
}

BOOST_AUTO_TEST_CASE(a_rollback_before_the_time) {
  activate_at(*repository, 3, from_now(kHour));
  RollbackOptions options;
  options.number = 1;
  options.activate = false;
  BOOST_TEST(rollback(*repository, options)->number == 5u);
  BOOST_TEST(pending()->number == 3u);
  options.number = 2;
  options.activate = true;
  BOOST_TEST(rollback(*repository, options)->number == 6u);
  BOOST_TEST(!pending());
}

BOOST_AUTO_TEST_CASE(the_next_writer_makes_it_final) {
  is_due(2);
  BOOST_TEST(record().number == 1u);
  BOOST_TEST(hold("d") == 5u);
  BOOST_TEST(record().number == 2u);
  BOOST_TEST(!record().schedule);
  is_due(3);
  finish_commit(*repository);
  BOOST_TEST(record().number == 3u);
  is_due(4);
  BOOST_TEST(activate(*repository, 5).before == 4u);
  BOOST_TEST(record().number == 5u);
}

BOOST_AUTO_TEST_CASE(a_compact_copy_has_it) {
  const Schedule wanted{3, from_now(kHour)};
  activate_at(*repository, 3, wanted.at);
  compact_committed(*repository);
  BOOST_TEST((pending() == wanted));
  BOOST_TEST(active() == 1u);
}

BOOST_AUTO_TEST_CASE(catalog_files_are_made_beforehand_and_kept) {
  const auto bases = [&] {
    std::size_t count = 0;
    const std::string top = catalog_directory(root);
    for (const std::string& sub : list_directory(top)) {
      if (sub.size() == 2) count += list_directory(join_path(top, sub)).size();
    }
    return count;
  };
  const std::size_t before = bases();
  activate_at(*repository, 2, from_now(kHour));
  const std::size_t made = bases();
  BOOST_TEST(made > before);
  for (const char* name : {"d", "e", "f"}) hold(name);
  // Files that nobody needs go when they are old.
  const auto prune = [&] {
    const std::string top = catalog_directory(root);
    for (const std::string& sub : list_directory(top)) {
      if (!file_info(join_path(top, sub))->is_directory) continue;
      for (const std::string& name : list_directory(join_path(top, sub))) {
        const std::array<timespec, 2> long_ago{};
        ::utimensat(AT_FDCWD, join_path(join_path(top, sub), name).c_str(), long_ago.data(), 0);
      }
    }
    const lmdb::ReadTxn txn(env());
    repository->catalog_files().prune(env(), txn, 1);
  };
  prune();
  const std::size_t kept = bases();
  cancel_activation(*repository);
  prune();
  BOOST_TEST(bases() < kept);
}

BOOST_AUTO_TEST_CASE(moments) {
  BOOST_TEST(parse_moment("20261128T020000Z").micros ==
             parse_moment("2026-11-28T02:00:00Z").micros);
  const std::int64_t seconds = parse_moment("+90").micros - now().micros;
  BOOST_TEST((seconds > 80'000'000 && seconds <= 90'000'000));
  for (const char* bad : {"", "+", "+-1", "-5", "+1x", "soon", "90", "+99999999999", "20261128"}) {
    BOOST_TEST((refusal([&] { parse_moment(bad); }) == Code::kUsage), bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
