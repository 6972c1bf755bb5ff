// What `metaset top` shows: two looks at a depot, and what came between them. Thread-safety: one
// thread. Errors: those of the file of counters; a repository or gate that cannot be read is left
// out.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/metrics/snapshot.h"
#include "metaset/store/repository.h"

namespace metaset::app {

struct TopPlaces {
  std::string counters;    // the file
  std::string repository;  // empty: none is looked at
  std::string gate;        // empty: in no group
};

struct RepositoryFigures {
  std::uint64_t active = 0, newest = 0;
  std::uint64_t used_bytes = 0, map_bytes = 0;
  std::uint64_t readers = 0, max_readers = 0, oldest_reader = 0;  // the last: transactions behind
};

struct GroupFigures {
  std::string phase;
  std::uint64_t metaset = 0;
  double lease = 0;  // seconds
};

struct OperationFigures {
  std::string name;
  std::uint64_t total = 0;                         // requests since counting began
  double per_second = 0;                           // of the interval, as all below
  double p50 = 0, p90 = 0, p99 = 0;                // seconds
  std::array<double, 5> status_part{};             // 2xx, 3xx, 4xx, 5xx, others; they add up to 1
  double sent = 0, handed_over = 0, received = 0;  // bytes per second
};

struct TopFigures {
  double seconds = 0;  // the interval
  std::vector<metrics::WorkerProcess> workers;
  std::vector<OperationFigures> operations;  // those that had requests, busiest first
  OperationFigures all;
  std::uint64_t commits = 0;
  std::optional<RepositoryFigures> repository;
  std::optional<GroupFigures> group;
};

class TopLook {
 public:
  explicit TopLook(TopPlaces places);
  // What happened since the last call; the first one has nothing to compare with.
  TopFigures take();

 private:
  std::optional<RepositoryFigures> look_at_repository();
  std::optional<GroupFigures> look_at_group() const;

  TopPlaces places_;
  metrics::CountersFile counters_;
  std::optional<metrics::Snapshot> before_;
  std::chrono::steady_clock::time_point taken_;
  std::unique_ptr<store::Repository> repository_;
};

// For people: `colours` uses bold and colours.
std::string top_text(const TopFigures& figures, const TopPlaces& places, bool colours);
// For programs.
rapidjson::Document top_json(const TopFigures& figures);

}  // namespace metaset::app
