// Environments: what cannot be opened, readers that died, maps that others made larger.
#include <atomic>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "fixture.h"

namespace metaset::lmdb {
namespace {

BOOST_FIXTURE_TEST_SUITE(environments, Fixture)

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there) {
  BOOST_TEST(fails(Code::kNotFound, directory.path() + "/none",
                   [&] { Env(directory.path() + "/none", writing(), {}); }));
}

BOOST_AUTO_TEST_CASE(reading_creates_nothing) {
  BOOST_TEST(fails(Code::kNotFound, directory.path(), [&] { open(reading()); }));
  open();
  BOOST_TEST(fails(Code::kNotFound, "third", [&] { open(reading(), {"first", "third"}); }));
}

BOOST_AUTO_TEST_CASE(a_reader_cannot_write) {
  open();
  put("apple", "red");
  open(reading());
  BOOST_TEST(env->read_only());
  BOOST_TEST(get("apple") == "red");
  BOOST_TEST(fails(Code::kDenied, directory.path(), [&] { WriteTxn txn(*env); }));
}

// Not a matter of space: EnvOptions is wrong.
BOOST_AUTO_TEST_CASE(more_tables_than_allowed) {
  EnvOptions options = writing();
  options.max_tables = 1;
  BOOST_TEST(fails(Code::kInternal, "second", [&] { open(options); }));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database) {
  write_file_atomically(directory.path() + "/data.mdb", std::string(10'000, 'x'), false);
  BOOST_TEST(fails(Code::kCorrupt, directory.path(), [&] { open(); }));
  BOOST_TEST(fails(Code::kCorrupt, directory.path(), [&] { open(reading()); }));
}

BOOST_AUTO_TEST_CASE(a_database_cut_short_within_its_first_pages) {
  open();
  env.reset();
  const std::string path = directory.path() + "/data.mdb";
  write_file_atomically(path, read_file(path, kMiB).substr(0, 100), false);
  BOOST_TEST(fails(Code::kCorrupt, directory.path(), [&] { open(); }));
}

BOOST_AUTO_TEST_CASE(statistics_and_position) {
  EnvOptions options = writing(2 * kMiB);
  options.max_readers = 7;
  open(options);
  const std::uint64_t before = env->statistics().last_transaction;
  put("apple", "red");
  const EnvStatistics s = env->statistics();
  BOOST_TEST(s.last_transaction == before + 1);
  BOOST_TEST(s.map_size == 2 * kMiB);
  BOOST_TEST(s.max_readers == 7u);
  BOOST_TEST(s.used_bytes > 0u);
  BOOST_TEST(s.used_bytes % s.page_size == 0u);
  BOOST_TEST(env->directory() == directory.path());
  BOOST_CHECK_THROW(env->table(2), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(who_reads_and_how_old_a_state) {
  open();
  put("apple", "red");
  BOOST_TEST(env->readers().empty());
  BOOST_TEST(env->freed_readers() == 0);
  ReadTxn one(*env);
  const std::uint64_t first = env->statistics().last_transaction;
  put("apple", "green");
  const ReadTxn two(*env);
  std::vector<ReaderSlot> readers = env->readers();
  BOOST_REQUIRE(readers.size() == 2);
  BOOST_TEST(readers[0].process == static_cast<std::uint64_t>(::getpid()));
  BOOST_TEST(readers[0].transaction.value_or(0) == first);
  BOOST_TEST(readers[1].transaction.value_or(0) == first + 1);
  one.reset();
  readers = env->readers();
  BOOST_TEST(readers.size() == 2);
  BOOST_TEST(!readers[0].transaction.has_value());
}

BOOST_AUTO_TEST_CASE(readers_can_be_used_up_and_come_back) {
  EnvOptions options = writing();
  options.max_readers = 2;
  open(options);
  ReadTxn one(*env);
  {
    ReadTxn two(*env);
    BOOST_TEST(fails(Code::kUnavailable, directory.path(), [&] { ReadTxn three(*env); }));
    two.reset();  // its slot waits for the next reader
    const ReadTxn three(*env);
    BOOST_TEST(fails(Code::kUnavailable, directory.path(), [&] { two.renew(); }));
  }
  ReadTxn three(*env);
}

// Opens a read transaction and goes without ending it.
auto dying_reader(const std::string& path, const EnvOptions& options) {
  return [path, options] {
    const auto* env = new Env(path, options, {"first"});
    new ReadTxn(*env);
  };
}

BOOST_AUTO_TEST_CASE(slots_of_dead_readers_are_found) {
  OtherProcess reader(dying_reader(directory.path(), reading()));
  open();
  BOOST_TEST(reader.run());
  BOOST_TEST(env->check_readers() == 1);
  BOOST_TEST(env->check_readers() == 0);
}

BOOST_AUTO_TEST_CASE(a_new_reader_gets_the_slot_of_a_dead_one) {
  EnvOptions options = writing();
  options.max_readers = 1;
  OtherProcess reader(dying_reader(directory.path(), options));
  open(options);
  BOOST_TEST(reader.run());
  BOOST_CHECK_NO_THROW(ReadTxn txn(*env));
}

// So a reader that was killed does not make the file grow.
BOOST_AUTO_TEST_CASE(a_writer_looks_for_dead_readers_itself) {
  OtherProcess reader(dying_reader(directory.path(), reading()));
  open();
  BOOST_TEST(reader.run());
  put("apple", "red");
  BOOST_TEST(env->check_readers() == 0);
}

BOOST_AUTO_TEST_CASE(a_map_that_another_process_outgrew) {
  OtherProcess writer([path = directory.path()] {
    Env theirs(path, writing(), {"first", "second"});
    WriteTxn txn(theirs);
    txn.put(theirs.table(0), "large", std::string(4 * kMiB, 'x'));
    txn.commit();
  });
  open(writing(kMiB));
  put("apple", "red");
  ReadTxn old(*env);
  old.reset();
  BOOST_TEST(writer.run());
  BOOST_TEST(fails(Code::kUnavailable, directory.path(), [&] { ReadTxn txn(*env); }));
  BOOST_TEST(fails(Code::kUnavailable, directory.path(), [&] { WriteTxn txn(*env); }));
  BOOST_TEST(fails(Code::kUnavailable, directory.path(), [&] { old.renew(); }));
}

BOOST_AUTO_TEST_CASE(opening_again_takes_the_larger_map) {
  open();
  put("large", std::string(4 * kMiB, 'x'));
  // A smaller wish than what is in use is raised by LMDB.
  open(reading(kMiB));
  BOOST_TEST(get("large").size() == 4 * kMiB);
}

BOOST_AUTO_TEST_CASE(two_processes_see_each_others_commits) {
  OtherProcess writer([path = directory.path()] {
    Env theirs(path, writing(), {"first", "second"});
    WriteTxn txn(theirs);
    txn.put(theirs.table(0), "apple", "green");
    txn.commit();
  });
  open();
  put("apple", "red");
  const ReadTxn before(*env);
  BOOST_TEST(writer.run());
  BOOST_TEST(*before.get(table(), "apple") == "red");
  BOOST_TEST(get("apple") == "green");
}

BOOST_AUTO_TEST_CASE(a_writer_that_died_changes_nothing_and_blocks_nobody) {
  OtherProcess writer([path = directory.path()] {
    auto* theirs = new Env(path, writing(), {"first", "second"});
    (new WriteTxn(*theirs))->put(theirs->table(0), "apple", "green");
  });
  open();
  put("apple", "red");
  BOOST_TEST(writer.run());
  BOOST_TEST(get("apple") == "red");
  put("apple", "yellow");
  BOOST_TEST(get("apple") == "yellow");
}

BOOST_AUTO_TEST_CASE(a_copy_has_all_entries_and_no_free_pages) {
  open();
  for (int i = 0; i < 20; ++i) put("apple", std::string(100'000, 'x'));
  put("pear", "green");
  const TemporaryDirectory copy;
  env->copy_compact(copy.path());
  BOOST_TEST(fails(Code::kExists, copy.path(), [&] { env->copy_compact(copy.path()); }));
  const Env copied(copy.path(), reading(), {"first", "second"});
  BOOST_TEST(copied.statistics().used_bytes < env->statistics().used_bytes);
  const ReadTxn txn(copied);
  BOOST_TEST(*txn.get(copied.table(0), "pear") == "green");
  BOOST_TEST(txn.get(copied.table(0), "apple")->size() == 100'000u);
}

BOOST_AUTO_TEST_CASE(threads_read_while_one_writes) {
  open();
  put("count", "0");
  std::atomic<bool> stop = false;
  std::atomic<int> backwards = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      ReadTxn txn(*env);
      int last = 0;
      while (!stop) {
        const int seen = std::stoi(std::string(*txn.get(table(), "count")));
        if (seen < last) ++backwards;
        last = seen;
        txn.renew();
      }
    });
  }
  for (int i = 1; i <= 200; ++i) put("count", std::to_string(i));
  stop = true;
  for (std::thread& reader : readers) reader.join();
  BOOST_TEST(backwards == 0);
  BOOST_TEST(get("count") == "200");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::lmdb
