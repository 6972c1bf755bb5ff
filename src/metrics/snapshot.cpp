#include "metaset/metrics/snapshot.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include <fcntl.h>

#include "metaset/base/error.h"

#include "metrics/layout.h"

namespace metaset::metrics {
namespace {

std::uint64_t load(const SharedMapping& mapping, std::size_t word) {
  return mapping.word(word).load(std::memory_order_relaxed);
}

std::string name_of(const SharedMapping& mapping, std::size_t operation) {
  std::array<std::uint64_t, kNameWords> words{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = load(mapping, kFirstName + operation * kNameWords + i);
  }
  std::string name(kMaxOperationName, '\0');
  std::memcpy(name.data(), words.data(), name.size());
  name.resize(std::min(name.find('\0'), name.size()));
  return name;
}

template <typename Combine>
void combine(OperationCounts& into, const OperationCounts& with, const Combine& change) {
  for (std::size_t i = 0; i < into.by_status.size(); ++i) {
    change(into.by_status[i], with.by_status[i]);
  }
  for (std::size_t i = 0; i < into.buckets.size(); ++i) change(into.buckets[i], with.buckets[i]);
  change(into.nanoseconds, with.nanoseconds);
  change(into.sent, with.sent);
  change(into.handed_over, with.handed_over);
  change(into.received, with.received);
}

void add(std::uint64_t& into, std::uint64_t more) { into += more; }

}  // namespace

std::uint64_t OperationCounts::requests() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

OperationCounts OperationCounts::since(const OperationCounts& before) const {
  OperationCounts result = *this;
  combine(result, before, [](std::uint64_t& now, std::uint64_t then) {
    now -= std::min(now, then);  // another file has taken its place
  });
  return result;
}

double quantile(const std::array<std::uint64_t, kBuckets>& buckets, double part) {
  constexpr double kPerSecond = 1e9;
  const auto all =
      static_cast<double>(std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0}));
  if (all == 0) return 0;
  const double wanted = std::clamp(part, 0.0, 1.0) * all;
  double below = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    const auto count = static_cast<double>(buckets[i]);
    if (count > 0 && below + count >= wanted) {
      const double low = i == 0 ? 0 : static_cast<double>(kBounds[i - 1]);
      const double width = static_cast<double>(kBounds[i]) - low;
      return (low + width * std::max(wanted - below, 0.0) / count) / kPerSecond;
    }
    below += count;
  }
  return static_cast<double>(kBounds.back()) / kPerSecond;  // it is not known how far above
}

const OperationCounts* Snapshot::find(std::string_view name) const {
  const auto found = std::ranges::find(operations, name, &OperationCounts::name);
  return found == operations.end() ? nullptr : &*found;
}

OperationCounts Snapshot::all() const {
  OperationCounts sum;
  for (const OperationCounts& one : operations) combine(sum, one, add);
  return sum;
}

CountersFile::CountersFile(std::string path) : path_(std::move(path)) {}

void CountersFile::attach() {
  if (mapping_ && mapping_->is_at(path_)) return;
  mapping_.reset();
  auto file = open_if_exists(path_, O_RDONLY);
  if (!file) throw Error(Code::kNotFound, path_ + ": nothing is counted there");
  if (judge(*file, path_, {}) != SharedFileIs::kUsable) {
    throw Error(Code::kCorrupt, path_ + ": this is no file of counters of this version of metaset");
  }
  mapping_ = std::make_unique<SharedMapping>(*file, path_, kFileBytes, false);
  file_ = std::move(*file);
}

void CountersFile::read_slot(std::size_t slot, Snapshot& snapshot) const {
  const std::size_t first = first_of_slot(slot);
  // Before what was counted: see Counters::end().
  const std::uint64_t in_flight =
      mapping_->word(first + kInFlightWord).load(std::memory_order_acquire);
  std::uint64_t requests = 0;
  for (std::size_t i = 0; i < snapshot.operations.size(); ++i) {
    OperationCounts counts;
    std::size_t at = first + first_of_operation(i);
    for (std::uint64_t& count : counts.by_status) count = load(*mapping_, at++);
    for (std::uint64_t& count : counts.buckets) count = load(*mapping_, at++);
    for (auto* const sum :
         {&counts.nanoseconds, &counts.sent, &counts.handed_over, &counts.received}) {
      *sum = load(*mapping_, at++);
    }
    requests += counts.requests();
    combine(snapshot.operations[i], counts, add);
  }
  for (std::size_t i = 0; i < snapshot.events.size(); ++i) {
    snapshot.events[i] += load(*mapping_, first + kFirstEvent + i);
  }
  if (slot == 0 || !is_owned(file_, slot)) return;
  const std::uint64_t owner = load(*mapping_, first + kOwnerWord);
  snapshot.workers.push_back({static_cast<pid_t>(owner >> 8), static_cast<Program>(owner & 0xff),
                              load(*mapping_, first + kStartWord), in_flight, requests});
}

Snapshot CountersFile::read() {
  attach();
  Snapshot snapshot;
  const std::uint64_t operations = load(*mapping_, kOperationsWord);
  for (std::size_t i = 0; i < std::min<std::uint64_t>(operations, kMaxOperations); ++i) {
    snapshot.operations.emplace_back().name = name_of(*mapping_, i);
  }
  const std::uint64_t used = load(*mapping_, kUsedWord);
  for (std::size_t slot = 0; slot <= std::min<std::uint64_t>(used, kSlots - 1); ++slot) {
    read_slot(slot, snapshot);
  }
  for (std::size_t i = 0; i < snapshot.notes.size(); ++i) {
    snapshot.notes[i] = load(*mapping_, kFirstNote + i);
  }
  return snapshot;
}

}  // namespace metaset::metrics
