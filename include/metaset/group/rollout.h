// What people do with a group: start a rollout, look at it, abort it.
//
// A rollout is a record in etcd that the agents carry through (rules.h): whoever started it may go
// away. Thread-safety: an EtcdClient belongs to one thread. Errors: kConflict if the group is not
// in a state for it, kNotFound if there is no such group, kInvalid; those of EtcdClient.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/group/etcd.h"
#include "metaset/group/rules.h"

namespace metaset::group {

struct RolloutOptions {
  std::uint64_t metaset = 0;
  std::string digest;  // of the chain, hex; empty: that of the member that has it
  std::string who, message;
  std::chrono::milliseconds hold{2000};
  std::chrono::milliseconds prepare{3'600'000};
};

// As read_group(); kNotFound if there is none.
GroupSnapshot require_group(EtcdClient& etcd, const GroupKeys& keys);

// Waits (`patience`) until all members answer from what the group serves. kConflict while a rollout
// is under way, if the metaset is not newer than what the group serves, or if a member does not
// answer.
RolloutRecord start_rollout(EtcdClient& etcd, const GroupKeys& keys, const RolloutOptions& options,
                            std::chrono::milliseconds patience);
// kConflict if none is under way, or if it was decided meanwhile.
RolloutRecord abort_rollout(EtcdClient& etcd, const GroupKeys& keys, std::string_view reason);
// Those that have ended, newest first, at most `limit`.
std::vector<RolloutRecord> rollout_history(EtcdClient& etcd, const GroupKeys& keys,
                                           std::size_t limit);
// Takes a member out of the group that will not come back and that nobody else is there to remove.
// Waits for as long as it may answer after its last heartbeat; kConflict if it has another one.
void forget_member(EtcdClient& etcd, const GroupKeys& keys, std::string_view member);

}  // namespace metaset::group
