#include "metaset/metrics/counters.h"

#include <algorithm>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

#include "metrics/layout.h"

namespace metaset::metrics {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr int kMaxStatus = 600;

// Every status's place in kStatuses: found without looking for it.
constexpr auto kStatusIndex = [] {
  std::array<std::uint8_t, kMaxStatus> table{};
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    table[static_cast<std::size_t>(kStatuses[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

Fd open_counters(const std::string& path, const std::string& like,
                 std::span<const std::string> operations) {
  return open_shared_file(path, like,
                          {"file of counters", [operations] { return new_content(operations); },
                           [operations](const Fd& file, const std::string& name) {
                             return judge(file, name, operations);
                           }});
}

}  // namespace

std::size_t bucket_of(std::uint64_t nanoseconds) noexcept {
  return static_cast<std::size_t>(std::ranges::lower_bound(kBounds, nanoseconds) - kBounds.begin());
}

std::size_t status_index(int status) noexcept {
  return status >= 0 && status < kMaxStatus ? kStatusIndex[static_cast<std::size_t>(status)] : 0;
}

Counters::Counters(const std::string& path, const std::string& like,
                   std::span<const std::string> operations, Program program, Place place)
    : Counters(open_counters(path, like, operations), path, program, place) {}

Counters::Counters(Fd file, const std::string& path, Program program, Place place)
    : path_(path), file_(std::move(file)), mapping_(file_, path, kFileBytes, true) {
  take_slot(place);
  if (slot_ == 0) return;
  const auto pid = static_cast<std::uint64_t>(::getpid());
  word(kInFlightWord).store(0, kRelaxed);
  word(kStartWord).store(static_cast<std::uint64_t>(std::time(nullptr)), kRelaxed);
  word(kOwnerWord).store(pid << 8 | static_cast<std::uint64_t>(program), kRelaxed);
}

// The lock goes with the descriptor.
Counters::~Counters() = default;

void Counters::take_slot(Place place) noexcept {
  first_ = first_of_slot(0);
  if (place == Place::kSharedSlot) return;
  for (std::size_t slot = 1; slot < kSlots; ++slot) {
    if (!lock_slot(file_, slot)) continue;
    slot_ = slot;
    first_ = first_of_slot(slot);
    const auto used = mapping_.word(kUsedWord);
    for (std::uint64_t before = used.load(kRelaxed); before < slot;) {
      if (used.compare_exchange_weak(before, slot, kRelaxed)) break;
    }
    return;
  }
}

void Counters::begin() noexcept {
  // In the shared slot those that are killed would be counted for ever.
  if (slot_ != 0) word(kInFlightWord).fetch_add(1, kRelaxed);
}

void Counters::end(const Finished& finished) noexcept {
  count(finished);
  if (slot_ != 0) word(kInFlightWord).fetch_sub(1, std::memory_order_release);
}

void Counters::count(const Finished& finished) noexcept {
  if (finished.operation >= kMaxOperations) return;
  const std::size_t first = first_of_operation(finished.operation);
  word(first + status_index(finished.status)).fetch_add(1, kRelaxed);
  word(first + kFirstBucket + bucket_of(finished.nanoseconds)).fetch_add(1, kRelaxed);
  word(first + kTimeWord).fetch_add(finished.nanoseconds, kRelaxed);
  if (finished.sent != 0) word(first + kSentWord).fetch_add(finished.sent, kRelaxed);
  if (finished.handed_over != 0) {
    word(first + kHandedWord).fetch_add(finished.handed_over, kRelaxed);
  }
  if (finished.received != 0) word(first + kReceivedWord).fetch_add(finished.received, kRelaxed);
}

void Counters::add(Event event, std::uint64_t count) noexcept {
  word(kFirstEvent + static_cast<std::size_t>(event)).fetch_add(count, kRelaxed);
}

void note(const std::string& path, std::span<const std::pair<Note, std::uint64_t>> notes) noexcept {
  try {
    const auto file = open_if_exists(path, O_RDWR | O_NOFOLLOW);
    if (!file || judge(*file, path, {}) != SharedFileIs::kUsable) return;
    const SharedMapping mapping(*file, path, kFileBytes, true);
    for (const auto& [note, value] : notes) {
      mapping.word(kFirstNote + static_cast<std::size_t>(note)).store(value, kRelaxed);
    }
  } catch (const std::exception&) {
    // Nobody depends on it.
  }
}

}  // namespace metaset::metrics
