#include "metaset/metrics/exposition.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace metaset::metrics {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Snapshot some_counts() {
  Snapshot snapshot;
  OperationCounts& one = snapshot.operations.emplace_back();
  one.name = "close/0";
  one.by_status[status_index(200)] = 3;
  one.by_status[status_index(kBroken)] = 1;
  one.buckets[0] = 1;
  one.buckets[3] = 2;
  one.buckets.back() = 1;
  one.nanoseconds = 2'500'000'000;
  one.sent = 12;
  snapshot.operations.emplace_back().name = "file/1";
  snapshot.workers = {{1, Program::kServe, 0, 2, 0}, {2, Program::kServe, 0, 1, 0}};
  snapshot.events[0] = 5;
  return snapshot;
}

bool has(const std::vector<std::string>& lines, std::string_view line) {
  return std::ranges::find(lines, line) != lines.end();
}

BOOST_AUTO_TEST_SUITE(exposition)

BOOST_AUTO_TEST_CASE(counters_as_text) {
  Exposition out;
  write_counters(some_counts(), out);
  const auto lines = lines_of(out.take());
  for (const char* line :
       {"# TYPE metaset_requests_total counter",
        R"(metaset_requests_total{operation="close/0",status="200"} 3)",
        R"(metaset_requests_total{operation="close/0",status="broken"} 1)",
        "# TYPE metaset_request_duration_seconds histogram",
        R"(metaset_request_duration_seconds_bucket{operation="close/0",le="5e-05"} 1)",
        R"(metaset_request_duration_seconds_bucket{operation="close/0",le="0.0002"} 1)",
        R"(metaset_request_duration_seconds_bucket{operation="close/0",le="0.0005"} 3)",
        R"(metaset_request_duration_seconds_bucket{operation="close/0",le="50"} 3)",
        R"(metaset_request_duration_seconds_bucket{operation="close/0",le="+Inf"} 4)",
        R"(metaset_request_duration_seconds_sum{operation="close/0"} 2.5)",
        R"(metaset_request_duration_seconds_count{operation="close/0"} 4)",
        R"(metaset_sent_bytes_total{operation="close/0"} 12)",
        R"(metaset_transactions_total{event="closed"} 3)", "metaset_commits_total 5",
        R"(metaset_workers{program="metaset-serve"} 2)", "metaset_requests_in_flight 3"}) {
    BOOST_TEST(has(lines, line), line);
  }
  for (const std::string& line : lines) BOOST_TEST(line.find("file/1") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(labels_are_escaped) {
  Exposition out;
  out.family("a", Exposition::Type::kGauge, "back\\slash\nand a \"quote\"");
  out.sample(std::uint64_t{1}, {{"b", "\\ \" \n"}, {"c", ""}});
  BOOST_TEST(out.take() ==
             "# HELP a back\\\\slash\\nand a \"quote\"\n# TYPE a gauge\n"
             "a{b=\"\\\\ \\\" \\n\",c=\"\"} 1\n");
}

BOOST_AUTO_TEST_CASE(quantiles) {
  std::array<std::uint64_t, kBuckets> buckets{};
  BOOST_TEST(quantile(buckets, 0.5) == 0);
  buckets[5] = 100;  // from 1 to 2 ms
  BOOST_TEST(std::abs(quantile(buckets, 0.5) - 0.0015) < 1e-9);
  BOOST_TEST(std::abs(quantile(buckets, 1) - 0.002) < 1e-9);
  buckets.back() = 1000;
  BOOST_TEST(quantile(buckets, 0.99) == 50);
}

// Whatever the durations are: a quantile is within the bounds of the bucket of the real one.
BOOST_AUTO_TEST_CASE(quantiles_are_in_the_right_bucket) {
  const bool held = rc::check([] {
    // Over all magnitudes, not only large numbers.
    const auto made =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(rc::gen::map(
            rc::gen::pair(rc::gen::inRange(0, 36), rc::gen::inRange(0, 1 << 20)),
            [](const std::pair<int, int>& one) {
              return (std::uint64_t{1} << one.first) + static_cast<std::uint64_t>(one.second);
            })));
    const auto percent = static_cast<std::size_t>(*rc::gen::inRange(1, 101));
    std::array<std::uint64_t, kBuckets> buckets{};
    for (const std::uint64_t one : made) ++buckets[bucket_of(one)];
    auto sorted = made;
    std::ranges::sort(sorted);
    const std::size_t rank = (percent * sorted.size() + 99) / 100;
    const std::size_t bucket = bucket_of(sorted[rank - 1]);
    const double found = quantile(buckets, static_cast<double>(percent) / 100) * 1e9;
    if (bucket == kBounds.size()) {
      RC_ASSERT(found == static_cast<double>(kBounds.back()));
    } else {
      const double low = bucket == 0 ? 0 : static_cast<double>(kBounds[bucket - 1]);
      RC_ASSERT(found >= low * (1 - 1e-9));
      RC_ASSERT(found <= static_cast<double>(kBounds[bucket]) * (1 + 1e-9));
    }
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(what_came_since) {
  const OperationCounts before = some_counts().operations[0];
  OperationCounts after = before;
  after.by_status[status_index(200)] += 7;
  after.buckets[3] += 7;
  after.sent += 1;
  BOOST_TEST(after.since(before).requests() == 7);
  BOOST_TEST(after.since(before).with_status(200) == 7);
  BOOST_TEST(after.since(before).sent == 1);
  BOOST_TEST(before.since(after).requests() == 0);  // begun anew
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::metrics
