#include "metaset/metrics/counters.h"

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/metrics/snapshot.h"

namespace metaset::metrics {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

struct CountersFixture {
  TemporaryDirectory directory;
  std::string path = join_path(directory.path(), "metrics");
  std::vector<std::string> operations = {"catalog/1", "file/1", "pages", "none"};

  std::unique_ptr<Counters> open(Place place = Place::kOwnSlot,
                                 Program program = Program::kServe) const {
    return std::make_unique<Counters>(path, path, operations, program, place);
  }
  Snapshot read() const { return CountersFile(path).read(); }
  // A process that counts `count` requests, and then waits to be killed.
  pid_t count_elsewhere(std::uint64_t count) const {
    int ready[2];
    BOOST_REQUIRE(::pipe(ready) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      const auto counters = open();
      for (std::uint64_t i = 0; i < count; ++i) {
        counters->begin();
        counters->end({1, 200, kMillisecond, 10, 0, 0});
      }
      counters->begin();
      if (::write(ready[1], "r", 1) != 1) ::_exit(1);
      ::pause();
      ::_exit(0);
    }
    char byte = 0;
    BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return pid;
  }
  static void kill(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

BOOST_FIXTURE_TEST_SUITE(counters, CountersFixture)

// Whoever waits until nothing is under way finds everything counted.
BOOST_AUTO_TEST_CASE(what_is_not_under_way_any_more_is_counted) {
  const auto counters = open();
  std::atomic<std::uint64_t> begun = 0;
  std::jthread asking([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      counters->begin();
      ++begun;
      counters->end({0, 200, kMillisecond, 1, 0, 0});
    }
  });
  int idle = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t before = begun;
    const Snapshot snapshot = read();
    if (snapshot.workers.at(0).in_flight > 0) continue;
    ++idle;
    BOOST_REQUIRE(snapshot.all().requests() >= before);
  }
  BOOST_TEST(idle > 0);
}

BOOST_AUTO_TEST_CASE(a_request_is_counted_by_all_that_it_was) {
  const auto counters = open();
  counters->begin();
  BOOST_TEST(read().workers.at(0).in_flight == 1);
  counters->end({0, 206, 3 * kMillisecond, 100, 2000, 7});
  counters->end({0, 418, 70'000 * kMillisecond, 0, 0, 0});
  counters->add(Event::kCommits, 3);
  const Snapshot snapshot = read();
  const OperationCounts* const one = snapshot.find("catalog/1");
  BOOST_REQUIRE(one != nullptr);
  BOOST_TEST(one->requests() == 2);
  BOOST_TEST(one->with_status(206) == 1);
  BOOST_TEST(one->with_status(0) == 1);  // a status that has no counter of its own
  BOOST_TEST(one->buckets[bucket_of(3 * kMillisecond)] == 1);
  BOOST_TEST(one->buckets.back() == 1);
  BOOST_TEST(one->nanoseconds == 70'003 * kMillisecond);
  BOOST_TEST(one->sent == 100);
  BOOST_TEST(one->handed_over == 2000);
  BOOST_TEST(one->received == 7);
  BOOST_TEST(snapshot.find("file/1")->requests() == 0);
  BOOST_TEST(snapshot.find("file/2") == nullptr);
  BOOST_TEST(snapshot.event(Event::kCommits) == 3);
  BOOST_TEST(snapshot.all().requests() == 2);
  BOOST_TEST(snapshot.workers.at(0).pid == ::getpid());
}

BOOST_AUTO_TEST_CASE(bounds_belong_to_the_bucket_below) {
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    BOOST_TEST(bucket_of(kBounds[i]) == i);
    BOOST_TEST(bucket_of(kBounds[i] + 1) == i + 1);
  }
  BOOST_TEST(bucket_of(0) == 0);
  BOOST_TEST(bucket_of(~std::uint64_t{0}) == kBounds.size());
}

BOOST_AUTO_TEST_CASE(every_status_of_the_list_has_its_own_place) {
  for (std::size_t i = 0; i < kStatuses.size(); ++i) BOOST_TEST(status_index(kStatuses[i]) == i);
  for (const int other : {-1, 2, 418, 599, 600, 100'000}) BOOST_TEST(status_index(other) == 0);
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_counted_stays_and_its_slot_is_used_again) {
  std::uint64_t before = 0;
  for (int i = 0; i < 5; ++i) {
    const pid_t pid = count_elsewhere(100);
    const Snapshot during = read();
    BOOST_TEST(during.workers.size() == 1);
    BOOST_TEST(during.workers.at(0).pid == pid);
    BOOST_TEST(during.workers.at(0).in_flight == 1);
    kill(pid);
    const Snapshot after = read();
    BOOST_TEST(after.workers.empty());
    BOOST_TEST(after.all().requests() == before + 100);
    BOOST_TEST(after.find("file/1")->sent == 10 * (before + 100));
    before = after.all().requests();
  }
  const auto counters = open();
  BOOST_TEST(counters->slot() == 1);
  BOOST_TEST(read().workers.at(0).in_flight == 0);
  BOOST_TEST(read().all().requests() == 500);
}

BOOST_AUTO_TEST_CASE(processes_have_slots_of_their_own) {
  const pid_t first = count_elsewhere(3), second = count_elsewhere(4);
  const auto third = open(Place::kOwnSlot, Program::kPublish);
  BOOST_TEST(third->slot() == 3);
  const Snapshot snapshot = read();
  BOOST_TEST(snapshot.workers.size() == 3);
  BOOST_TEST((snapshot.workers.at(2).program == Program::kPublish));
  BOOST_TEST(snapshot.all().requests() == 7);
  kill(first);
  kill(second);
}

BOOST_AUTO_TEST_CASE(without_a_free_slot_all_count_in_the_shared_one) {
  std::vector<std::unique_ptr<Counters>> many;
  for (std::size_t i = 0; i < kSlots + 2; ++i) many.push_back(open());
  BOOST_TEST(many[kSlots - 2]->slot() == kSlots - 1);
  BOOST_TEST(many[kSlots - 1]->slot() == 0);
  for (const auto& one : many) one->end({1, 200, 1, 0, 0, 0});
  BOOST_TEST(read().all().requests() == kSlots + 2);
  BOOST_TEST(read().workers.size() == kSlots - 1);
  many.clear();
  BOOST_TEST(read().workers.empty());
  BOOST_TEST(open(Place::kSharedSlot)->slot() == 0);
}

BOOST_AUTO_TEST_CASE(threads_lose_nothing) {
  const auto counters = open();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) {
        counters->begin();
        counters->end({0, 200, 1, 1, 0, 0});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Snapshot snapshot = read();
  BOOST_TEST(snapshot.find("catalog/1")->with_status(200) == 80'000);
  BOOST_TEST(snapshot.find("catalog/1")->sent == 80'000);
  BOOST_TEST(snapshot.workers.at(0).in_flight == 0);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_and_one_of_other_operations_are_replaced) {
  open()->end({0, 200, 1, 0, 0, 0});
  const std::string whole = read_file(path, 1 << 24);
  std::string changed = whole;
  changed[64] = 'X';  // in the name of the first operation
  for (const std::string& bad :
       {std::string(), whole.substr(0, 4096), whole.substr(0, 8), changed, whole + "x"}) {
    write_file_atomically(path, bad, false);
    BOOST_TEST(open()->slot() == 1);
    BOOST_TEST(read().all().requests() == 0);
  }
  open()->end({0, 200, 1, 0, 0, 0});
  operations.push_back("more");
  const auto newer = open();
  BOOST_TEST(read().all().requests() == 0);
  BOOST_TEST(read().find("more") != nullptr);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_replaced_is_noticed) {
  const auto counters = open();
  CountersFile reader(path);
  counters->end({0, 200, 1, 0, 0, 0});
  BOOST_TEST(reader.read().all().requests() == 1);
  BOOST_TEST(counters->is_current());
  remove_file(path);
  BOOST_TEST(!counters->is_current());
  BOOST_CHECK_THROW(reader.read(), Error);
  open()->end({1, 200, 1, 0, 0, 0});
  BOOST_TEST(reader.read().find("catalog/1")->requests() == 0);
  BOOST_TEST(reader.read().find("file/1")->requests() == 1);
}

BOOST_AUTO_TEST_CASE(something_else_is_left_alone) {
  for (const std::string other : {"root:x:0:0::/root:/bin/sh\n", "MSMEM001", "M"}) {
    write_file_atomically(path, other, false);
    BOOST_CHECK_EXCEPTION(open(), Error, [&](const Error& error) {
      return error.code() == Code::kCorrupt && error.message().starts_with(path);
    });
    BOOST_TEST(read_file(path, 1000) == other);
    BOOST_CHECK_THROW(CountersFile(path).read(), Error);
  }
  remove_file(path);
  BOOST_REQUIRE(::symlink("/etc/passwd", path.c_str()) == 0);
  BOOST_CHECK_THROW(open(), Error);
  remove_file(path);
  BOOST_CHECK_EXCEPTION(CountersFile(path).read(), Error,
                        [](const Error& error) { return error.code() == Code::kNotFound; });
}

BOOST_AUTO_TEST_CASE(who_may_write_the_other_file_may_write_this_one) {
  const std::string like = join_path(directory.path(), "lock");
  write_file_atomically(like, "", false);
  BOOST_REQUIRE(::chmod(like.c_str(), 0664) == 0);
  const Counters counters(path, like, operations, Program::kServe, Place::kOwnSlot);
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0664);
}

BOOST_AUTO_TEST_CASE(notes_are_the_last_ones) {
  const std::pair<Note, std::uint64_t> first[] = {{Note::kReplicationSource, 7},
                                                  {Note::kReplicationTime, 100}};
  note(path, first);  // nobody counts: nothing is made
  BOOST_TEST(!file_info(path).has_value());
  const auto counters = open();
  note(path, first);
  const std::pair<Note, std::uint64_t> second[] = {{Note::kReplicationSource, 8}};
  note(path, second);
  BOOST_TEST(read().note(Note::kReplicationSource) == 8);
  BOOST_TEST(read().note(Note::kReplicationTime) == 100);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::metrics
