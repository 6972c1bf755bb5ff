#include "metaset/base/parallel.h"

#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

#include <boost/test/unit_test.hpp>

namespace metaset {
namespace {

BOOST_AUTO_TEST_SUITE(parallel)

BOOST_AUTO_TEST_CASE(number_of_threads) {
  BOOST_TEST(thread_count(3) == 3u);
  BOOST_TEST(thread_count(100) == 100u);
  BOOST_TEST(thread_count(0) >= 1u);
  BOOST_TEST(thread_count(0) <= 8u);
}

BOOST_AUTO_TEST_CASE(every_index_once) {
  for (const unsigned threads : {1u, 2u, 7u}) {
    for (const std::size_t count : {0u, 1u, 2u, 1000u}) {
      std::vector<std::atomic<int>> calls(count);
      for_each_parallel(count, threads, [&](std::size_t i) { ++calls.at(i); });
      for (const auto& number : calls) BOOST_TEST(number == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(one_thread_is_the_calling_one_and_keeps_the_order) {
  std::vector<std::size_t> seen;
  for_each_parallel(5, 1, [&](std::size_t i) { seen.push_back(i); });
  BOOST_TEST(seen == (std::vector<std::size_t>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(several_threads_work_at_once) {
  std::atomic<int> waiting = 0;
  std::mutex mutex;
  std::set<std::thread::id> ids;
  for_each_parallel(2, 2, [&](std::size_t) {
    ++waiting;
    while (waiting < 2) std::this_thread::yield();  // each waits for the other
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  BOOST_TEST(ids.size() == 2u);
  BOOST_TEST(ids.contains(std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(an_exception_ends_the_loop) {
  for (const unsigned threads : {1u, 4u}) {
    std::atomic<std::size_t> calls = 0;
    const auto work = [&](std::size_t i) {
      ++calls;
      if (i == 10) throw std::runtime_error("ten");
    };
    BOOST_CHECK_EXCEPTION(for_each_parallel(1'000'000, threads, work), std::runtime_error,
                          [](const auto& error) { return std::string(error.what()) == "ten"; });
    BOOST_TEST(calls < 1'000'000u);
  }
}

// What only can be moved is handed over; the sum is not guarded by anything else.
BOOST_AUTO_TEST_CASE(results_are_taken_one_at_a_time) {
  for (const unsigned threads : {1u, 2u, 5u}) {
    std::size_t sum = 0;
    run_parallel(
        1000, threads, [](std::size_t i) { return std::make_unique<std::size_t>(i); },
        [&](std::unique_ptr<std::size_t>&& result) { sum += *result; });
    BOOST_TEST(sum == 999u * 1000u / 2u);
  }
}

BOOST_AUTO_TEST_CASE(few_results_exist_at_once) {
  struct Counted {
    explicit Counted(std::atomic<int>& number) : living(number) { ++living; }
    ~Counted() { --living; }
    std::atomic<int>& living;
  };
  std::atomic<int> living = 0;
  int most = 0;
  run_parallel(
      500, 3, [&](std::size_t) { return std::make_unique<Counted>(living); },
      [&](const std::unique_ptr<Counted>&) { most = std::max(most, living.load()); });
  BOOST_TEST(most >= 1);
  BOOST_TEST(most <= 3);
  BOOST_TEST(living == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_after_an_exception) {
  for (const unsigned threads : {1u, 4u}) {
    int taken = 0;
    const auto take = [&](std::size_t) {
      if (++taken == 5) throw std::runtime_error("five");
    };
    BOOST_CHECK_THROW(run_parallel(
                          1000, threads, [](std::size_t i) { return i; }, take),
                      std::runtime_error);
    BOOST_TEST(taken == 5);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
