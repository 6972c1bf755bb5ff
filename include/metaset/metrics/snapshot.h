// All that the counters of a depot say at one moment, summed over its workers.
// Thread-safety: values; a CountersFile belongs to one thread. Errors: kNotFound if there is no
// file, kCorrupt if it is not one of this version; system errors.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "metaset/metrics/counters.h"

namespace metaset::metrics {

struct OperationCounts {
  std::string name;  // "catalog/1"
  std::array<std::uint64_t, kStatuses.size()> by_status{};
  std::array<std::uint64_t, kBuckets> buckets{};  // not cumulative
  std::uint64_t nanoseconds = 0;                  // of all requests together
  std::uint64_t sent = 0, handed_over = 0, received = 0;

  std::uint64_t requests() const;  // the sum of the buckets
  std::uint64_t with_status(int status) const { return by_status[status_index(status)]; }
  // What came since `before`, which is of the same operation.
  OperationCounts since(const OperationCounts& before) const;
};

// The duration in seconds that a part of the requests, 0 to 1, did not exceed; straight lines
// within buckets. 0 if there were none.
double quantile(const std::array<std::uint64_t, kBuckets>& buckets, double part);

struct WorkerProcess {
  pid_t pid = 0;
  Program program = Program::kServe;
  std::uint64_t started = 0;  // seconds since 1970
  std::uint64_t in_flight = 0;
  std::uint64_t requests = 0;  // of its slot, whoever had that before
};

struct Snapshot {
  std::vector<OperationCounts> operations;
  std::array<std::uint64_t, static_cast<std::size_t>(Event::kCount)> events{};
  std::array<std::uint64_t, static_cast<std::size_t>(Note::kCount)> notes{};
  std::vector<WorkerProcess> workers;  // those that run

  std::uint64_t event(Event event) const { return events[static_cast<std::size_t>(event)]; }
  std::uint64_t note(Note note) const { return notes[static_cast<std::size_t>(note)]; }
  // Null if nobody has that name.
  const OperationCounts* find(std::string_view name) const;
  OperationCounts all() const;  // the sum, without a name
};

class CountersFile {
 public:
  explicit CountersFile(std::string path);
  // Follows a file that was replaced.
  Snapshot read();
  const std::string& path() const { return path_; }

 private:
  void attach();
  void read_slot(std::size_t slot, Snapshot& snapshot) const;
  std::string path_;
  Fd file_;
  std::unique_ptr<SharedMapping> mapping_;
};

}  // namespace metaset::metrics
