// The rules of a group: what a member does next, as a function of what etcd says and of what it
// knows itself. No I/O, no clock. tests/model checks the same protocol exhaustively.
//
// A member that is in the group answers mutable names from `current` while its fence is good: until
// some time after the last heartbeat that reached etcd, less than others wait before they take it
// out of the group. Everything that could let another metaset be answered is one transaction whose
// compares name the revision of what it was decided upon.
//
//   join:     joining -> everybody who is in has seen that -> in. Not while a rollout holds.
//   leave:    removed by others when its heartbeats stay away for its time to live
//   prepare:  every member that is in fetches the metaset, then says ready; all ready -> hold
//   hold:     each stops answering, then says held, with its client memory
//   switch:   everybody who is in has held -> one transaction: current, rollout switched
//   release:  who sees `switched` merges the memories and answers from `current`; who sees
//             `aborted` answers as before. Nobody leaves a hold by its own clock.
//   abort:    whoever sees a hold or a preparation last too long
//
// Thread-safety: free functions are re-entrant. Errors: read_snapshot() throws kCorrupt.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "metaset/group/etcd.h"
#include "metaset/group/gate.h"
#include "metaset/group/records.h"

namespace metaset::group {

struct SeenMember {
  MemberRecord record;
  std::int64_t mod_revision = 0;
};

// The keys of a group, all as of one revision. `rollout`, `ready` and `held` belong together.
struct GroupSnapshot {
  std::int64_t revision = 0;  // of the store
  std::optional<CurrentMetaset> current;
  std::int64_t current_revision = 0;
  std::optional<GroupConfig> config;
  std::int64_t config_revision = 0;
  std::optional<RolloutRecord> rollout;
  std::int64_t rollout_revision = 0;
  std::map<std::string, SeenMember, std::less<>> members;
  std::set<std::string, std::less<>> ready, held;

  bool is_in(std::string_view name) const;
  bool is_member(std::string_view name) const;               // in or joining
  std::string_view membership(std::string_view name) const;  // in, joining or out
  // Of all that are members, and of others that say something.
  std::set<std::string> names() const;
  // What it says of itself; null: it is not there.
  const SeenMember* member(std::string_view name) const;
  // The first one that is in: for what one of all should do. Empty if there is none.
  std::string_view first_in() const;
  bool holds() const { return rollout && rollout->phase == RolloutPhase::kHold; }
};
// Of all keys below the prefix; those of memories and of the history need not be there.
GroupSnapshot read_snapshot(const GroupKeys& keys, const EtcdRecords& records);
// Reads them in one request that a majority of etcd answers. Errors: those of EtcdClient too.
GroupSnapshot read_group(EtcdClient& etcd, const GroupKeys& keys);

// What a member knows besides.
struct MemberFacts {
  std::string name;
  std::string incarnation;
  bool registered = false;   // its key in `members` was written by this start of it
  std::uint64_t active = 0;  // the active metaset of its repository: how a group begins
  // The chain digest of a metaset that it has, hex.
  std::function<std::optional<std::string>(std::uint64_t metaset)> digest;
  bool promised = false;      // it has promised others to change nothing for a while
  bool settled = false;       // it can find out whom others gave something lately
  std::int64_t phase_ms = 0;  // how long it has seen the rollout in its present phase
  // How long it has seen the members keep silent, as far as it could hear them.
  std::function<std::int64_t(std::string_view name)> silent_ms;
  std::string time;  // now, ISO 8601: for records only
};

struct Decision {
  Phase gate = Phase::kClosed;
  std::uint64_t metaset = 0;           // of an open gate, or of what it was open for
  std::string why_closed;              // for people
  std::optional<std::uint64_t> fetch;  // bring the metasets up to this one
  std::optional<EtcdTxn> txn;          // after the gate is as it is to be
  std::string doing;                   // what the transaction does, for messages
  bool with_memory = false;            // it also has to put the client memory, read while holding
};
Decision decide(const GroupKeys& keys, const GroupSnapshot& seen, const MemberFacts& self);

}  // namespace metaset::group
