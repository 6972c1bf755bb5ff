// Datagrams between agents, and from workers to the agents of other members (UDP).
//
//   "MSP1" kind:u8 length:u8 sender nonce:u64 key:u64 metaset:u64 millis:u32 config:u64 proof:16
//
// Little-endian; `proof` is the beginning of HMAC-SHA256(secret, everything before it). Pure.
//   announce     a worker is about to give `metaset` to the client `key`: the receiver notes it in
//                its client memory, unless it has noted one of that sender with a greater nonce,
//                and answers acknowledge with the same nonce; key 0: only that
//   acknowledge
//   given        the client `key` gets `metaset`, which all members serve: in case that the sender
//                is not there any more when the client comes to another one; not acknowledged
//   ask          agents: may I answer for `millis`? (`config`, `metaset`: what I know)
//   promise      agents: yes, with the same nonce
// Thread-safety: free functions are re-entrant. Errors: decode has none: what is not a message of
// somebody who knows the secret is nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/group/secret.h"

namespace metaset::group {

inline constexpr std::size_t kMaxSender = 64;        // bytes
inline constexpr std::size_t kMaxPeerMessage = 122;  // bytes; receive with room for one more

enum class PeerKind : std::uint8_t {
  kAnnounce = 1,
  kAcknowledge = 2,
  kAsk = 3,
  kPromise = 4,
  kGiven = 5,
};

struct PeerMessage {
  PeerKind kind = PeerKind::kAnnounce;
  std::string sender;  // the member's name; empty from a worker
  std::uint64_t nonce = 0;
  std::uint64_t key = 0;
  std::uint64_t metaset = 0;
  std::uint32_t millis = 0;
  std::uint64_t config = 0;
  bool operator==(const PeerMessage&) const = default;
};

// kLimit for a sender that is too long.
std::string encode(const PeerMessage& message, const Secret& secret);
std::optional<PeerMessage> decode(std::string_view datagram, const Secret& secret);

}  // namespace metaset::group
