// The words of the file of counters, for this directory.
//
//   0 magic and version   1 size in bytes   2 fingerprint of what is counted
//   3 number of operations   4 slots that were ever used
//   8..    names of the operations, kNameWords each
//   256..  notes (enum Note)
//   512..  slots, kSlotWords each: process id and program, start, requests being answered;
//          8.. events; 32.. operations, kOperationWords each
#pragma once

#include <cstdint>

#include "metaset/metrics/counters.h"

namespace metaset::metrics {

inline constexpr std::size_t kFingerprintWord = 2, kOperationsWord = 3, kUsedWord = 4;
inline constexpr std::size_t kFirstName = 8, kNameWords = kMaxOperationName / 8;
inline constexpr std::size_t kFirstNote = 256;
inline constexpr std::size_t kFirstSlot = 512;
inline constexpr std::size_t kSlotWords = 2048;
inline constexpr std::size_t kFileBytes = 8 * (kFirstSlot + kSlots * kSlotWords);

// Of a slot.
inline constexpr std::size_t kOwnerWord = 0, kStartWord = 1, kInFlightWord = 2;
inline constexpr std::size_t kFirstEvent = 8;
inline constexpr std::size_t kFirstOperation = 32, kOperationWords = 48;
// Of an operation: statuses, buckets, and four sums.
inline constexpr std::size_t kFirstBucket = kStatuses.size();
inline constexpr std::size_t kTimeWord = kFirstBucket + kBuckets;
inline constexpr std::size_t kSentWord = kTimeWord + 1, kHandedWord = kTimeWord + 2,
                             kReceivedWord = kTimeWord + 3;

static_assert(kFirstName + kMaxOperations * kNameWords <= kFirstNote);
static_assert(kFirstNote + static_cast<std::size_t>(Note::kCount) <= kFirstSlot);
static_assert(kFirstEvent + static_cast<std::size_t>(Event::kCount) <= kFirstOperation);
static_assert(kReceivedWord < kOperationWords);
static_assert(kFirstOperation + kMaxOperations * kOperationWords <= kSlotWords);
static_assert(kFileBytes % 4096 == 0);  // slots do not share pages

inline constexpr std::size_t first_of_slot(std::size_t slot) {
  return kFirstSlot + slot * kSlotWords;
}
inline constexpr std::size_t first_of_operation(std::size_t operation) {
  return kFirstOperation + operation * kOperationWords;
}

// A new file for these operations.
std::string new_content(std::span<const std::string> operations);
// kOutdated if it counts something else. Empty: any operations.
SharedFileIs judge(const Fd& file, const std::string& path,
                   std::span<const std::string> operations);
// Tries to own the byte of a slot; looks whether somebody else does.
bool lock_slot(const Fd& file, std::size_t slot) noexcept;
bool is_owned(const Fd& file, std::size_t slot) noexcept;

}  // namespace metaset::metrics
