#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "metaset/store/commit.h"
#include "metaset/store/repository.h"
#include "metaset/store/staging.h"

#include "corpus.h"
#include "store_bench.h"

namespace metaset::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kPayloads = 64;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double quantile(std::vector<double> values, double which) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(which * static_cast<double>(values.size() - 1))];
}

// The first in a process is not counted: it pays for what the others find in memory.
constexpr unsigned kWarmUp = 1;

}  // namespace

std::vector<Candidate> candidates(const std::string& corpus, const std::string& root,
                                  unsigned count) {
  store::PayloadStore payloads(root);
  std::vector<std::string> names;
  for (unsigned i = 0; i < kPayloads; ++i) {
    names.push_back(payloads.put_content(noise(fmt::format("payload {}", i), 200)).name);
  }
  payloads.sync();
  const auto packages = read_corpus(corpus, names);
  std::vector<Candidate> result;
  for (unsigned i = 0; i < count; ++i) {
    const Package& package = packages[std::size_t{i} * packages.size() / count];
    const unsigned build = kFirstNewBuild + i;
    const Time time = now();
    result.push_back({fmri_of(package, build, time), manifest_of(package, build, time)});
  }
  return result;
}

void measure_commits(const std::string& corpus, const std::string& root, unsigned count) {
  const auto packages = candidates(corpus, root, count + kWarmUp);
  store::Repository repository(root, store::Access::kWrite);
  store::Staging staging(repository.staging());
  std::vector<double> staged;
  std::vector<double> committed;
  store::MetasetRecord record;
  for (const Candidate& package : packages) {
    const auto start = Clock::now();
    staging.put(store::kDefaultArea, {"bench", record.number}, store::ChangeKind::kAdd,
                ips::Fmri::parse(package.fmri), package.manifest);
    const auto start_commit = Clock::now();
    record = store::commit(repository, {});
    committed.push_back(milliseconds_since(start_commit));
    staged.push_back(std::chrono::duration<double, std::milli>(start_commit - start).count());
  }
  staged.erase(staged.begin(), staged.begin() + kWarmUp);
  committed.erase(committed.begin(), committed.begin() + kWarmUp);
  const auto start = Clock::now();
  store::finish_commit(repository);
  const double finished = milliseconds_since(start);
  fmt::print(
      "{{\"versions\": {}, \"commits\": {}, \"stage_ms\": {:.2f}, \"commit_ms\": {:.2f}, "
      "\"commit_p90_ms\": {:.2f}, \"commit_max_ms\": {:.2f}, \"finish_ms\": {:.0f}}}\n",
      record.package_versions, committed.size(), quantile(staged, 0.5), quantile(committed, 0.5),
      quantile(committed, 0.9), quantile(committed, 1.0), finished);
}

}  // namespace metaset::bench
