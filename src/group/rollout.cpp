#include "metaset/group/rollout.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"

#include "group/unchanged.h"

namespace metaset::group {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kKeptHistory = 200;  // rollouts
constexpr auto kMembersLookInterval = 100ms;

std::string timestamp() { return iso_timestamp(now()) + "Z"; }

// Why a rollout to the metaset cannot begin now; empty: it can.
std::string obstacle(const GroupSnapshot& seen) {
  std::size_t in = 0;
  for (const auto& [name, membership] : seen.config->members) {
    if (membership != Membership::kIn) continue;
    ++in;
    const SeenMember* const member = seen.member(name);
    if (member == nullptr) return fmt::format("member {} is not there", name);
    const MemberRecord& record = member->record;
    if (record.serving == seen.current->metaset) continue;
    return fmt::format("member {} does not answer from metaset {}{}{}", name, seen.current->metaset,
                       record.problem.empty() ? "" : ": ", record.problem);
  }
  return in == 0 ? "no member is in the group" : "";
}

void require_sense(const GroupSnapshot& seen, const RolloutOptions& options) {
  if (seen.rollout && !seen.rollout->ended_already()) {
    throw Error(Code::kConflict,
                fmt::format("a rollout to metaset {} is under way ({}): wait for it or abort it",
                            seen.rollout->metaset, phase_name(seen.rollout->phase)));
  }
  constexpr std::size_t kMaxRolloutMessage = 1000;
  if (options.message.size() > kMaxRolloutMessage) {
    throw Error(Code::kInvalid, fmt::format("the message has {} bytes, more than {}",
                                            options.message.size(), kMaxRolloutMessage));
  }
  if (options.metaset <= seen.current->metaset) {
    throw Error(Code::kConflict,
                fmt::format("the group serves metaset {}, and clients only move forward: metaset "
                            "{} is not newer. To go back, make a new metaset with metaset rollback",
                            seen.current->metaset, options.metaset));
  }
}

// For as long as it may answer after its last heartbeat. The revision of its key then; 0: none.
std::int64_t require_silence(EtcdClient& etcd, const GroupKeys& keys, const std::string& name,
                             const GroupSnapshot& seen) {
  const SeenMember* const member = seen.member(name);
  if (member == nullptr) return 0;
  if (member->record.ttl_ms == 0) return member->mod_revision;
  std::this_thread::sleep_for(std::chrono::milliseconds(member->record.life_ms()));
  const GroupSnapshot later = read_group(etcd, keys);
  const SeenMember* const again = later.member(name);
  const std::int64_t revision = again == nullptr ? 0 : again->mod_revision;
  if (revision == 0 || revision == member->mod_revision) return revision;
  throw Error(Code::kConflict, fmt::format("member {} is alive: stop its agent first", name));
}

void forget_old_history(EtcdClient& etcd, const GroupKeys& keys) {
  const EtcdRecords found = etcd.range(EtcdKeys::prefix(keys.all_history()));
  for (std::size_t i = 0; i + kKeptHistory < found.records.size(); ++i) {
    etcd.del(EtcdKeys::one(found.records[i].key));
  }
}

RolloutRecord new_rollout(const RolloutOptions& options, const std::string& id) {
  RolloutRecord rollout;
  rollout.id = id;
  rollout.metaset = options.metaset;
  rollout.digest = options.digest;
  rollout.hold_ms = options.hold.count();
  rollout.prepare_ms = options.prepare.count();
  rollout.who = options.who;
  rollout.message = options.message;
  rollout.started = timestamp();
  return rollout;
}

// nullopt: it is to be tried again; `why` may say what is in the way.
std::optional<RolloutRecord> try_to_start(EtcdClient& etcd, const GroupKeys& keys,
                                          const RolloutOptions& options, const std::string& id,
                                          std::string& why) {
  const GroupSnapshot seen = require_group(etcd, keys);
  // After an attempt of which nobody said how it went.
  if (seen.rollout && seen.rollout->id == id) return seen.rollout;
  require_sense(seen, options);
  why = obstacle(seen);
  if (!why.empty()) return std::nullopt;
  const RolloutRecord rollout = new_rollout(options, id);
  EtcdTxn txn;
  txn.compares = {unchanged(keys.rollout(), seen.rollout_revision),
                  unchanged(keys.current(), seen.current_revision)};
  txn.then = {EtcdOperation::put(keys.rollout(), to_json(rollout)),
              EtcdOperation::del(EtcdKeys::prefix(keys.ready())),
              EtcdOperation::del(EtcdKeys::prefix(keys.held())),
              EtcdOperation::del(EtcdKeys::prefix(keys.all_memory()))};
  if (!etcd.txn(txn).succeeded) return std::nullopt;
  forget_old_history(etcd, keys);
  return rollout;
}

}  // namespace

GroupSnapshot require_group(EtcdClient& etcd, const GroupKeys& keys) {
  GroupSnapshot seen = read_group(etcd, keys);
  if (!seen.current || !seen.config) {
    throw Error(Code::kNotFound, fmt::format("etcd knows no group {}: start an agent first",
                                             keys.prefix().substr(9)));
  }
  return seen;
}

RolloutRecord start_rollout(EtcdClient& etcd, const GroupKeys& keys, const RolloutOptions& options,
                            std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const std::string id = new_rollout_id();
  for (;; std::this_thread::sleep_for(kMembersLookInterval)) {
    const bool last = std::chrono::steady_clock::now() >= deadline;
    std::string why;
    try {
      if (auto rollout = try_to_start(etcd, keys, options, id, why)) return *std::move(rollout);
    } catch (const Error& error) {
      // Also if nobody said whether it was started: the next look tells.
      if (error.code() != Code::kUnavailable || last) throw;
    }
    if (last) throw Error(Code::kConflict, why.empty() ? "others change the group as well" : why);
  }
}

RolloutRecord abort_rollout(EtcdClient& etcd, const GroupKeys& keys, std::string_view reason) {
  const GroupSnapshot seen = require_group(etcd, keys);
  if (!seen.rollout || seen.rollout->ended_already()) {
    throw Error(Code::kConflict, "no rollout is under way");
  }
  RolloutRecord rollout = *seen.rollout;
  rollout.phase = RolloutPhase::kAborted;
  rollout.reason = reason;
  rollout.ended = timestamp();
  EtcdTxn txn;
  txn.compares = {unchanged(keys.rollout(), seen.rollout_revision)};
  txn.then = {EtcdOperation::put(keys.rollout(), to_json(rollout)),
              EtcdOperation::put(keys.history(rollout.id), to_json(rollout))};
  if (!etcd.txn(txn).succeeded) {
    throw Error(Code::kConflict, "the rollout went on meanwhile: look at its status");
  }
  return rollout;
}

std::vector<RolloutRecord> rollout_history(EtcdClient& etcd, const GroupKeys& keys,
                                           std::size_t limit) {
  require_group(etcd, keys);
  const EtcdRecords found = etcd.range(EtcdKeys::prefix(keys.all_history()));
  std::vector<RolloutRecord> rollouts;
  for (std::size_t i = found.records.size(); i > 0 && rollouts.size() < limit; --i) {
    rollouts.push_back(parse_rollout(found.records[i - 1].value));
  }
  return rollouts;
}

void forget_member(EtcdClient& etcd, const GroupKeys& keys, std::string_view member) {
  require_group_word(member, "a member");
  const GroupSnapshot seen = require_group(etcd, keys);
  if (!seen.is_member(member)) {
    throw Error(Code::kNotFound, fmt::format("there is no member {}", member));
  }
  const std::int64_t revision = require_silence(etcd, keys, std::string(member), seen);
  GroupConfig config = *seen.config;
  config.members.erase(std::string(member));
  EtcdTxn txn;
  txn.compares = {unchanged(keys.config(), seen.config_revision),
                  unchanged(keys.member(member), revision)};
  txn.then = {EtcdOperation::put(keys.config(), to_json(config)),
              EtcdOperation::del(EtcdKeys::one(keys.member(member)))};
  if (!etcd.txn(txn).succeeded) {
    throw Error(Code::kConflict, "the group changed meanwhile: try again");
  }
}

}  // namespace metaset::group
