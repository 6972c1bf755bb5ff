#include <algorithm>
#include <chrono>

#include <fcntl.h>
#include <fmt/format.h>

#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/base/hash.h"
#include "metaset/store/layout.h"
#include "metaset/store/payloads.h"

#include "corpus.h"
#include "store_bench.h"

namespace metaset::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kFileSize = 10 << 10;
constexpr int kTurns = 5;  // of each; they alternate

double rate_since(Clock::time_point start, std::size_t count) {
  return static_cast<double>(count) / std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> contents(unsigned count, int turn) {
  std::vector<std::string> result;
  for (unsigned i = 0; i < count; ++i) {
    result.push_back(prose(fmt::format("ingest {} {}", turn, i), kFileSize));
  }
  return result;
}

// What nobody can do without: compress, write, and one sync for all. The directories are there.
double plain_loop(const std::string& root, const std::vector<std::string>& files, int turn) {
  const std::string directory = join_path(root, fmt::format("plain-{}", turn));
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string parent = fmt::format("{}/{:02x}", directory, i % 256);
    make_directories(parent);
    paths.push_back(fmt::format("{}/{}", parent, i));
  }
  const auto start = Clock::now();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string bytes = gzip(files[i], kPayloadLevel);
    const Fd fd = open_file(paths[i], O_WRONLY | O_CREAT | O_EXCL);
    write_all(fd.get(), bytes, paths[i]);
  }
  sync_file_system(directory);
  return rate_since(start, files.size());
}

double payload_store(const std::string& root, const std::vector<std::string>& files) {
  store::PayloadStore payloads(root);
  const auto start = Clock::now();
  for (const std::string& file : files) {
    payloads.assign(payloads.put_content(file).name, kPublisher);
  }
  payloads.sync();
  return rate_since(start, files.size());
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

void measure_ingestion(const std::string& root, unsigned count) {
  std::vector<double> plain, stored, ratios;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto files = contents(count, turn);
    sync_file_system(root);
    plain.push_back(plain_loop(root, files, turn));
    sync_file_system(root);
    stored.push_back(payload_store(root, files));
    ratios.push_back(stored.back() / plain.back());
  }
  fmt::print("{{\"plain_per_second\": {:.0f}, \"stored_per_second\": {:.0f}, \"ratio\": {:.3f}}}\n",
             median(plain), median(stored), median(ratios));
}

}  // namespace metaset::bench
