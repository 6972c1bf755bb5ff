// The words of a gate file, for this directory.
//
//   0 magic and version   1 size in bytes   2 sequence number (low half)   3..7 nothing
//   8 slot 0   8 + kSlotWords slot 1: the sequence number names one by its lowest bit
//   slot: sequence, change, boot id (2), phase, metaset, valid_until, hold_until, secret (4),
//         number of peers, peers (3 each: address, port), checksum of all words before
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "metaset/base/shared_mapping.h"
#include "metaset/group/gate.h"

namespace metaset::group {

inline constexpr std::size_t kGateBytes = 8192;
inline constexpr std::size_t kSequenceWord = 2;
inline constexpr std::size_t kPeerWords = 3;
inline constexpr std::size_t kSlotWords = 13 + kPeerWords * kMaxPeers + 1;
inline constexpr std::size_t kFirstSlot = 8;
static_assert((kFirstSlot + 2 * kSlotWords) * 8 <= kGateBytes);

using SlotWords = std::array<std::uint64_t, kSlotWords>;

struct SlotContent {
  std::uint64_t sequence = 0, change = 0;
  BootId boot{};
  GateState state;
};

SlotWords to_words(const SlotContent& content);
// nullopt if the checksum is wrong, or a value is none that to_words() writes.
std::optional<SlotContent> from_words(const SlotWords& words);

// Whether the file begins as a gate does.
bool is_gate(const SharedMapping& mapping);
void mark_as_gate(SharedMapping& mapping);

}  // namespace metaset::group
