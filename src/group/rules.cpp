#include "metaset/group/rules.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "group/unchanged.h"

namespace metaset::group {
namespace {

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

class Deciding {
 public:
  Deciding(const GroupKeys& keys, const GroupSnapshot& seen, const MemberFacts& self)
      : keys_(keys), seen_(seen), self_(self) {}

  Decision decide() {
    decide_gate();
    decide_transaction();
    return std::move(decision_);
  }

 private:
  bool in() const { return self_.registered && seen_.is_in(self_.name); }
  bool has(std::uint64_t metaset, const std::string& digest) const {
    return self_.digest(metaset) == digest;
  }
  bool has_current() const { return has(seen_.current->metaset, seen_.current->digest); }

  void close(std::string why) { decision_.why_closed = std::move(why); }

  void decide_gate() {
    if (!self_.registered) return close("it is not registered");
    if (!seen_.current || !seen_.config) return close("the group has just begun");
    decision_.metaset = seen_.current->metaset;
    if (!has_current()) return fetch(seen_.current->metaset);
    prepare();
    if (!seen_.is_in(self_.name)) return close("it is not in the group yet");
    decision_.gate = seen_.holds() ? Phase::kHold : Phase::kOpen;
  }

  void fetch(std::uint64_t metaset) {
    if (self_.digest(metaset)) {
      return close(fmt::format("its metaset {} is another one than that of the group", metaset));
    }
    decision_.fetch = metaset;
    close(fmt::format("it does not have metaset {} yet", metaset));
  }

  // What a rollout is about to need, whoever is in by then.
  void prepare() {
    if (!seen_.rollout || seen_.rollout->ended_already()) return;
    if (!self_.digest(seen_.rollout->metaset)) decision_.fetch = seen_.rollout->metaset;
  }

  void decide_transaction() {
    if (!self_.registered) return;
    if (!seen_.current || !seen_.config) return begin_group();
    if (!has_current()) return;
    if (!seen_.is_member(self_.name)) return join();
    if (!in()) return become_in();
    if (confirm() || remove_silent()) return;
    advance();
  }

  void transact(std::string doing, std::vector<EtcdCompare> compares,
                std::vector<EtcdOperation> then) {
    decision_.doing = std::move(doing);
    decision_.txn = EtcdTxn{std::move(compares), std::move(then), {}};
  }
  EtcdOperation put_config(const GroupConfig& config) const {
    return EtcdOperation::put(keys_.config(), to_json(config));
  }
  EtcdOperation put_rollout(const RolloutRecord& rollout) const {
    return EtcdOperation::put(keys_.rollout(), to_json(rollout));
  }
  EtcdCompare same_config() const { return unchanged(keys_.config(), seen_.config_revision); }
  EtcdCompare same_rollout() const { return unchanged(keys_.rollout(), seen_.rollout_revision); }

  void begin_group() {
    const auto digest = self_.digest(self_.active);
    if (!digest || seen_.current || seen_.config) return;
    GroupConfig config;
    config.members[self_.name] = Membership::kIn;
    transact("beginning the group",
             {EtcdCompare::absent(keys_.current()), EtcdCompare::absent(keys_.config())},
             {EtcdOperation::put(keys_.current(),
                                 to_json(CurrentMetaset{self_.active, *digest, "", self_.time})),
              put_config(config)});
  }

  void join() {
    // Others may still tell each other which clients were given what before the switch.
    if (!self_.settled || seen_.holds()) return;
    GroupConfig config = *seen_.config;
    if (config.members.size() >= kMaxMembers) {
      return close(fmt::format("the group has {} members, which is the most", kMaxMembers));
    }
    config.members[self_.name] = Membership::kJoining;
    transact("joining", {same_config(), same_rollout()}, {put_config(config)});
  }

  void become_in() {
    if (!self_.settled || seen_.holds() || !everybody_in_knows_the_config()) return;
    GroupConfig config = *seen_.config;
    config.members[self_.name] = Membership::kIn;
    transact("joining for good", {same_config(), same_rollout()}, {put_config(config)});
  }

  bool everybody_in_knows_the_config() const {
    return std::ranges::all_of(seen_.config->members, [&](const auto& member) {
      if (member.second != Membership::kIn) return true;
      const SeenMember* const seen = seen_.member(member.first);
      return seen != nullptr && seen->record.config == seen_.config_revision;
    });
  }

  // What only this member can say. True if there is something to say.
  bool confirm() {
    if (!seen_.rollout) return false;
    const RolloutRecord& rollout = *seen_.rollout;
    if (rollout.phase == RolloutPhase::kPrepare && rollout.digest.empty()) return name_content();
    if (rollout.phase == RolloutPhase::kPrepare && !seen_.ready.contains(self_.name) &&
        has(rollout.metaset, rollout.digest)) {
      transact("saying ready", {same_rollout()},
               {EtcdOperation::put(keys_.ready(rollout.id, self_.name), "{}")});
      return true;
    }
    if (rollout.phase == RolloutPhase::kHold && !seen_.held.contains(self_.name) &&
        !self_.promised) {
      transact("saying held", {same_rollout()},
               {EtcdOperation::put(keys_.held(rollout.id, self_.name), "{}")});
      decision_.with_memory = true;
      return true;
    }
    return false;
  }

  // Who started it did not know the metaset itself. This member has it as a successor of what the
  // group serves.
  bool name_content() {
    const auto digest = self_.digest(seen_.rollout->metaset);
    if (!digest) return false;
    RolloutRecord rollout = *seen_.rollout;
    rollout.digest = *digest;
    transact("naming the content", {same_rollout()}, {put_rollout(rollout)});
    return true;
  }

  // How long a member may answer after its last heartbeat. One that was stopped in order has closed
  // its gate, and is only given the time to come back.
  static std::int64_t believed_ms(const MemberRecord* member) {
    constexpr std::int64_t kRestart = 2'000;
    if (member == nullptr) return kMaxTtl.count();
    return member->ttl_ms == 0 ? kRestart : member->life_ms();
  }

  bool remove_silent() {
    if (self_.promised) return false;
    for (const auto& [name, membership] : seen_.config->members) {
      if (name == self_.name) continue;
      const SeenMember* const member = seen_.member(name);
      const bool known = member != nullptr;
      if (self_.silent_ms(name) <= believed_ms(known ? &member->record : nullptr)) continue;
      GroupConfig config = *seen_.config;
      config.members.erase(name);
      transact("removing " + name + ", which is silent",
               {same_config(), unchanged(keys_.member(name), known ? member->mod_revision : 0)},
               {put_config(config)});
      return true;
    }
    return false;
  }

  std::vector<std::string> missing(const std::set<std::string, std::less<>>& there) const {
    std::vector<std::string> names;
    for (const auto& [name, membership] : seen_.config->members) {
      if (membership == Membership::kIn && !there.contains(name)) names.push_back(name);
    }
    return names;
  }

  // What anybody who is in may do for all.
  // So that not all ask etcd for the same thing at once, of which only one can get it.
  bool goes_first() const {
    constexpr std::int64_t kCourtesy = 300;  // ms
    return seen_.first_in() == self_.name || self_.phase_ms > kCourtesy;
  }

  void advance() {
    if (!seen_.rollout || !goes_first()) return;
    if (seen_.rollout->phase == RolloutPhase::kPrepare) advance_preparation();
    if (seen_.rollout->phase == RolloutPhase::kHold) advance_hold();
  }

  void advance_preparation() {
    RolloutRecord rollout = *seen_.rollout;
    const std::vector<std::string> waiting = missing(seen_.ready);
    if (waiting.empty()) {
      rollout.phase = RolloutPhase::kHold;
      rollout.held = self_.time;
      rollout.members = missing({});
      return transact("beginning the hold", {same_rollout(), same_config()},
                      {put_rollout(rollout)});
    }
    if (self_.phase_ms <= rollout.prepare_ms) return;
    std::string why = fmt::format("{} did not have it within {} seconds", joined(waiting),
                                  rollout.prepare_ms / 1000);
    for (const std::string& name : waiting) {
      const SeenMember* const member = seen_.member(name);
      if (member != nullptr && !member->record.problem.empty()) {
        why += fmt::format("; {}: {}", name, member->record.problem);
      }
    }
    abort(std::move(why));
  }

  void advance_hold() {
    const std::vector<std::string> waiting = missing(seen_.held);
    if (waiting.empty()) return switch_over();
    if (self_.phase_ms <= seen_.rollout->hold_ms) return;
    abort(fmt::format("{} did not confirm the hold within {} ms", joined(waiting),
                      seen_.rollout->hold_ms));
  }

  void switch_over() {
    RolloutRecord rollout = *seen_.rollout;
    rollout.phase = RolloutPhase::kSwitched;
    rollout.ended = self_.time;
    const CurrentMetaset current{rollout.metaset, rollout.digest, rollout.id, self_.time};
    transact("switching",
             {same_rollout(), same_config(), unchanged(keys_.current(), seen_.current_revision)},
             {EtcdOperation::put(keys_.current(), to_json(current)), put_rollout(rollout),
              EtcdOperation::put(keys_.history(rollout.id), to_json(rollout))});
  }

  void abort(std::string why) {
    RolloutRecord rollout = *seen_.rollout;
    rollout.phase = RolloutPhase::kAborted;
    rollout.reason = std::move(why);
    rollout.ended = self_.time;
    transact(
        "aborting", {same_rollout()},
        {put_rollout(rollout), EtcdOperation::put(keys_.history(rollout.id), to_json(rollout))});
  }

  const GroupKeys& keys_;
  const GroupSnapshot& seen_;
  const MemberFacts& self_;
  Decision decision_;
};

}  // namespace

Decision decide(const GroupKeys& keys, const GroupSnapshot& seen, const MemberFacts& self) {
  return Deciding(keys, seen, self).decide();
}

}  // namespace metaset::group
