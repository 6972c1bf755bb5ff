#include "group/member_memory.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "metaset/base/error.h"

namespace metaset::group {

MemberMemory::MemberMemory(std::string path, std::string like, std::string member,
                           const Logger& log)
    : path_(std::move(path)),
      like_(std::move(like)),
      member_(std::move(member)),
      log_(log),
      memory_(ClientMemory::open(path_, like_)) {}

std::string MemberMemory::encoded() const { return encode_memory(memory_->snapshot(boot_now())); }

bool MemberMemory::follow() {
  if (memory_->is_current()) return false;
  memory_ = ClientMemory::open(path_, like_);
  started_ = true;
  return true;
}

bool MemberMemory::can_learn(const GroupSnapshot& seen) {
  return seen.rollout && seen.current && seen.rollout->id == seen.current->rollout;
}

bool MemberMemory::learn(EtcdClient& etcd, const GroupKeys& keys, const GroupSnapshot& seen,
                         const Observations& observations) {
  const std::string& id = seen.current->rollout;
  if (!away_ && !started_ && id == learned_) return true;
  const bool there = can_learn(seen);
  const bool settled = observations.settled(*seen.current);
  if (!there && !settled) return false;
  const bool saw_hold = there && observations.since_hold_ms(*seen.rollout, boot_now()).has_value();
  if (saw_hold && !away_ && std::ranges::count(seen.rollout->members, member_) > 0) {
    merge(fetch(etcd, keys, *seen.rollout), *seen.rollout, observations);
  } else {
    std::vector<MemoryEntry> entries;
    if (!settled) entries = fetch(etcd, keys, *seen.rollout);
    memory_->unsettle(entries, boot_now(), away_);
  }
  learned_ = id;
  away_ = started_ = false;
  return true;
}

void MemberMemory::merge(std::vector<MemoryEntry> entries, const RolloutRecord& rollout,
                         const Observations& observations) {
  // Later than all that was noted meanwhile.
  const BootTime now = boot_now();
  const auto since_hold = observations.since_hold_ms(rollout, now).value_or(0);
  for (MemoryEntry& entry : entries) entry.age_ms += static_cast<std::uint64_t>(since_hold);
  memory_->merge(entries, now);
}

// With their ages in the hold. Some at a time: an answer of etcd's is bounded.
std::vector<MemoryEntry> MemberMemory::fetch(EtcdClient& etcd, const GroupKeys& keys,
                                             const RolloutRecord& rollout) const {
  constexpr std::size_t kAtOnce = 8;
  std::vector<MemoryEntry> all;
  for (std::size_t first = 0; first < rollout.members.size(); first += kAtOnce) {
    EtcdTxn txn;
    for (std::size_t i = first; i < std::min(first + kAtOnce, rollout.members.size()); ++i) {
      const std::string& name = rollout.members[i];
      if (name == member_) continue;
      txn.then.push_back(EtcdOperation::range(EtcdKeys::one(keys.memory(rollout.id, name))));
    }
    if (txn.then.empty()) continue;
    for (const EtcdTxnResult::Result& result : etcd.txn(txn).results) {
      for (const EtcdRecord& record : result.records) add_memory(record, all);
    }
  }
  return all;
}

void MemberMemory::add_memory(const EtcdRecord& record, std::vector<MemoryEntry>& all) const {
  try {
    std::ranges::move(decode_memory(record.value), std::back_inserter(all));
  } catch (const Error& error) {
    log_.warning(fmt::format("{}: {}", record.key, error.what()));
  }
}

}  // namespace metaset::group
