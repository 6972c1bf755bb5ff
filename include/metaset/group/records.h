// The state of a group as it is kept in etcd: keys and values.
//
// All keys are below /metaset/GROUP/; all values but the secret are JSON objects:
//   secret           32 random bytes that only members know (group/secret.h)
//   current          {"metaset", "digest", "rollout", "time"}: what the group serves
//   config           {"members": {NAME: "in" | "joining"}}: whose consent a switch needs
//   members/NAME     what a member says of itself, written anew with each heartbeat
//   rollout          the rollout that is under way, or the last one
//   ready/ID/NAME    the member has the metaset of rollout ID, complete and verified
//   held/ID/NAME     the member answers no mutable names until rollout ID is decided
//   history/ID       rollouts that have ended
// and /metaset/.memory/GROUP/ID/NAME, which is large and so where nobody watches: the client memory
// of a member in the hold (group/client_memory.h).
// NAME and GROUP: letters, digits, and, but not first, '.', '_', '-'; at most 64 bytes. ID: 16 hex
// digits, which sort by time.
//
// Memory: values. Thread-safety: free functions are re-entrant. Errors: parse functions throw
// kCorrupt naming the key and what is wrong with it; members that are not known are ignored.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metaset::group {

inline constexpr std::size_t kMaxMemberName = 64;  // bytes
inline constexpr std::size_t kMaxMembers = 64;
// How long a member may live after a heartbeat.
inline constexpr std::chrono::milliseconds kMinTtl{2000}, kMaxTtl{60'000};

// kInvalid naming `what`.
void require_group_word(std::string_view name, std::string_view what);

class GroupKeys {
 public:
  // kInvalid for an illegal name.
  explicit GroupKeys(std::string_view group);
  const std::string& prefix() const { return prefix_; }  // with the final slash
  std::string secret() const { return prefix_ + "secret"; }
  std::string current() const { return prefix_ + "current"; }
  std::string config() const { return prefix_ + "config"; }
  std::string rollout() const { return prefix_ + "rollout"; }
  std::string members() const { return prefix_ + "members/"; }
  std::string member(std::string_view name) const { return below("members/", name); }
  std::string ready() const { return prefix_ + "ready/"; }
  std::string ready(std::string_view id, std::string_view name) const;
  std::string held() const { return prefix_ + "held/"; }
  std::string held(std::string_view id, std::string_view name) const;
  const std::string& all_memory() const { return memory_prefix_; }
  std::string memory(std::string_view id, std::string_view name) const;
  std::string all_history() const { return prefix_ + "history/"; }
  std::string history(std::string_view id) const { return below("history/", id); }

 private:
  std::string below(std::string_view directory, std::string_view name) const;
  std::string prefix_, memory_prefix_;
};

struct CurrentMetaset {
  std::uint64_t metaset = 0;
  std::string digest;   // of the chain, hex
  std::string rollout;  // the ID that led to it, empty: how the group began
  std::string time;     // ISO 8601
};

enum class Membership { kJoining, kIn };
struct GroupConfig {
  std::map<std::string, Membership, std::less<>> members;
};

struct MemberRecord {
  std::string incarnation;          // of its agent: another start, another value
  std::int64_t config = 0;          // the revision of config that it has seen
  std::uint64_t latest = 0;         // metaset that it has
  std::uint64_t serving = 0;        // metaset that it answers from, 0: it does not
  std::string address;              // of its agent, UDP
  std::uint64_t done = 0, all = 0;  // of what it fetches, 0 of 0: nothing
  std::string problem;              // why it cannot go on, for people
  // As far as others believe it.
  std::int64_t life_ms() const { return std::min<std::int64_t>(ttl_ms, kMaxTtl.count()); }
  std::uint64_t beats = 0;  // heartbeats: a value that was never written before
  std::int64_t ttl_ms = 0;  // how long after one others believe in it; 0: it stopped
};

enum class RolloutPhase { kPrepare, kHold, kSwitched, kAborted };
std::string_view phase_name(RolloutPhase phase);

struct RolloutRecord {
  std::string id;
  std::uint64_t metaset = 0;
  std::string digest;  // of the chain, hex
  RolloutPhase phase = RolloutPhase::kPrepare;
  std::vector<std::string> members;  // that the hold is for
  std::int64_t hold_ms = 0;          // how long a hold may last
  std::int64_t prepare_ms = 0;       // how long the preparation may last
  std::string who, message, reason;
  std::string started, held, ended;  // ISO 8601, empty: not yet
  bool ended_already() const {
    return phase == RolloutPhase::kSwitched || phase == RolloutPhase::kAborted;
  }
};

// IDs that sort by time: 11 hex digits of milliseconds and 5 random ones.
std::string new_rollout_id();

std::string to_json(const CurrentMetaset& value);
std::string to_json(const GroupConfig& value);
std::string to_json(const MemberRecord& value);
std::string to_json(const RolloutRecord& value);
CurrentMetaset parse_current(std::string_view json);
GroupConfig parse_config(std::string_view json);
MemberRecord parse_member(std::string_view json);
RolloutRecord parse_rollout(std::string_view json);

}  // namespace metaset::group
