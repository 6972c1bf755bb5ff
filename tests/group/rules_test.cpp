// The rules of a group, carried out by members that are slow, stop, die and cannot reach etcd.
#include "metaset/group/rules.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace metaset::group;

namespace {

// Keys with revisions, as the rules need them of etcd: one transaction after the other.
class Keys {
 public:
  bool apply(const EtcdTxn& txn) {
    if (!std::ranges::all_of(txn.compares, [this](const auto& c) { return holds(c); })) {
      return false;
    }
    ++revision_;
    for (const EtcdOperation& operation : txn.then) {
      if (operation.kind == EtcdOperation::Kind::kPut) put(operation);
      if (operation.kind == EtcdOperation::Kind::kDelete) erase(operation.keys);
    }
    return true;
  }
  EtcdRecords all() const {
    EtcdRecords records;
    records.revision = revision_;
    for (const auto& [key, record] : records_) records.records.push_back(record);
    return records;
  }
  std::int64_t revision() const { return revision_; }
  std::int64_t mod_revision(const std::string& key) const {
    const auto place = records_.find(key);
    return place == records_.end() ? 0 : place->second.mod_revision;
  }

 private:
  bool holds(const EtcdCompare& compare) const {
    const auto place = records_.find(compare.keys.key);
    const EtcdRecord record = place == records_.end() ? EtcdRecord{} : place->second;
    BOOST_REQUIRE(compare.relation == EtcdRelation::kEqual);
    BOOST_REQUIRE(compare.target == EtcdCompare::Target::kModRevision ||
                  compare.target == EtcdCompare::Target::kVersion);
    const bool revision = compare.target == EtcdCompare::Target::kModRevision;
    return (revision ? record.mod_revision : record.version) == compare.number;
  }
  void put(const EtcdOperation& operation) {
    EtcdRecord& record = records_[operation.keys.key];
    record.key = operation.keys.key;
    record.value = operation.value;
    record.mod_revision = revision_;
    ++record.version;
  }
  void erase(const EtcdKeys& keys) {
    if (keys.end.empty()) {
      records_.erase(keys.key);
    } else {
      records_.erase(records_.lower_bound(keys.key), records_.lower_bound(keys.end));
    }
  }
  std::map<std::string, EtcdRecord> records_;
  std::int64_t revision_ = 1;
};

constexpr std::int64_t kTtl = 6000;  // ms

std::string digest_of(std::uint64_t metaset) { return fmt::format("{:064x}", metaset); }

// What run_agent() does, with a clock and a network of the test's own.
struct Member {
  std::string name;
  int starts = 0;
  bool runs = false, reaches = true;
  std::uint64_t has = 1;
  // The gate is a file: it survives the agent.
  Phase gate = Phase::kClosed;
  std::uint64_t metaset = 0;
  std::int64_t valid_until = 0;
  // The agent.
  std::int64_t seat = 0, acted_on = 0;
  std::optional<GroupSnapshot> seen;  // read, and not acted upon yet
  std::optional<EtcdTxn> on_its_way;
  struct Beat {
    std::int64_t sent = 0, config = 0;
  };
  std::optional<Beat> beat;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> heard;  // revision, since
  std::string phase;
  std::int64_t phase_since = 0, looked = 0;

  std::string incarnation() const { return fmt::format("{}{}", name, starts); }
  bool answers(std::int64_t now) const { return gate == Phase::kOpen && now <= valid_until; }
};

class Group {
 public:
  Group(unsigned seed, int members) : random_(seed) {
    for (int i = 0; i < members; ++i) {
      Member member;
      member.name = std::string(1, static_cast<char>('a' + i));
      members_.push_back(member);
    }
  }

  void run(std::int64_t ms, bool failures) {
    for (const std::int64_t end = now_ + ms; now_ < end; now_ += chance(1, 3) ? 20 : 1) {
      Member& member = members_[pick(members_.size())];
      if (failures) fail_something(member);
      if (!failures) heal(member);
      act(member);
      if (chance(1, 400)) start_rollout();
      check();
    }
  }
  std::uint64_t current() const {
    const auto seen = read_snapshot(keys_, store_.all());
    return seen.current ? seen.current->metaset : 0;
  }
  bool everybody_answers() const {
    return std::ranges::all_of(members_, [&](const Member& member) {
      return member.answers(now_) && member.metaset == current();
    });
  }
  std::uint64_t rollouts = 0;

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  bool chance(unsigned times, unsigned of) { return random_() % of < times; }

  void fail_something(Member& member) {
    if (chance(1, 3000)) {
      // Killed, or stopped and started anew; what it sent may still arrive.
      member.runs = false;
    }
    if (chance(1, 3000)) member.reaches = !member.reaches;
    if (!member.runs && chance(1, 200)) start(member);
  }
  void heal(Member& member) {
    member.reaches = true;
    if (!member.runs) start(member);
  }
  void start(Member& member) {
    const std::uint64_t has = member.has;
    const std::string name = member.name;
    const int starts = member.starts + 1;
    member = Member();
    member.name = name;
    member.starts = starts;
    member.has = has;
    member.runs = true;
  }

  // One of the things that happen at their own pace: read, act, send, arrive.
  void act(Member& member) {
    if (!member.runs) return;
    if (member.seat == 0) return take_seat(member);
    switch (pick(6)) {
      case 0:
        if (member.reaches && !member.seen) read(member);
        break;
      case 1:
        if (member.seen) decide_now(member);
        break;
      case 2:
        if (member.on_its_way && member.reaches) {
          store_.apply(*member.on_its_way);
          member.on_its_way.reset();
        }
        break;
      case 3:
        if (!member.beat) member.beat = Member::Beat{now_, member.acted_on};
        break;
      case 4:
        if (member.beat && member.reaches) arrive(member);
        break;
      default:
        if (wanted_ > member.has && chance(1, 20)) ++member.has;
    }
  }

  EtcdTxn beat_txn(const Member& member, std::int64_t config, bool fence) const {
    MemberRecord record;
    record.incarnation = member.incarnation();
    record.config = config;
    record.latest = member.has;
    record.serving = member.answers(now_) ? member.metaset : 0;
    record.ttl_ms = kTtl;
    record.beats = static_cast<std::uint64_t>(now_);
    EtcdTxn txn;
    txn.compares = {EtcdCompare::mod_revision(EtcdKeys::one(keys_.member(member.name)),
                                              EtcdRelation::kEqual, member.seat)};
    if (fence) {
      txn.compares.push_back(
          EtcdCompare::mod_revision(EtcdKeys::one(keys_.config()), EtcdRelation::kEqual, config));
    }
    txn.then = {EtcdOperation::put(keys_.member(member.name), to_json(record))};
    return txn;
  }

  void arrive(Member& member) {
    const Member::Beat beat = *member.beat;
    member.beat.reset();
    if (store_.apply(beat_txn(member, beat.config, true))) {
      member.seat = store_.revision();
      member.valid_until = std::max(member.valid_until, beat.sent + kTtl * 9 / 10);
    } else if (store_.apply(beat_txn(member, beat.config, false))) {
      member.seat = store_.revision();
    }
  }

  void take_seat(Member& member) {
    if (!member.reaches) return;
    const std::string key = keys_.member(member.name);
    const std::int64_t revision = store_.mod_revision(key);
    auto& [seen, since] = member.heard[member.name];
    if (seen != revision || since == 0) {
      seen = revision;
      since = now_;
    }
    if (revision != 0 && now_ - since < kTtl) return;
    member.seat = revision;
    if (store_.apply(beat_txn(member, 0, false))) {
      member.seat = store_.revision();
    } else {
      member.seat = 0;
    }
  }

  void read(Member& member) {
    member.seen = read_snapshot(keys_, store_.all());
    const GroupSnapshot& seen = *member.seen;
    if (now_ - member.looked > 2000) member.heard.clear();
    member.looked = now_;
    for (const auto& [name, other] : seen.members) {
      const auto [place, first] = member.heard.try_emplace(name);
      if (first || place->second.first != other.mod_revision) {
        place->second = {other.mod_revision, now_};
      }
    }
    const std::string phase =
        seen.rollout ? seen.rollout->id + std::string(phase_name(seen.rollout->phase)) : "";
    if (phase != member.phase) member.phase_since = now_;
    member.phase = phase;
  }

  void decide_now(Member& member) {
    const GroupSnapshot seen = std::move(*member.seen);
    member.seen.reset();
    MemberFacts facts;
    facts.name = member.name;
    facts.incarnation = member.incarnation();
    const auto self = seen.members.find(member.name);
    facts.registered =
        self != seen.members.end() && self->second.record.incarnation == facts.incarnation;
    facts.active = 1;
    facts.digest = [&](std::uint64_t metaset) -> std::optional<std::string> {
      if (metaset > member.has) return std::nullopt;
      return digest_of(metaset);
    };
    facts.settled = true;
    facts.phase_ms = now_ - member.phase_since;
    facts.silent_ms = [&](std::string_view name) -> std::int64_t {
      const auto place = member.heard.find(std::string(name));
      return place == member.heard.end() ? 0 : now_ - place->second.second;
    };
    Decision decision = decide(keys_, seen, facts);
    member.gate = decision.gate;
    member.metaset = decision.metaset;
    member.acted_on = seen.config_revision;
    if (decision.txn && !member.on_its_way) member.on_its_way = std::move(decision.txn);
  }

  void start_rollout() {
    const GroupSnapshot seen = read_snapshot(keys_, store_.all());
    if (!seen.current || (seen.rollout && !seen.rollout->ended_already())) return;
    RolloutRecord rollout;
    rollout.id = fmt::format("{:016x}", ++rollouts);
    rollout.metaset = seen.current->metaset + 1;
    rollout.hold_ms = 2000;
    rollout.prepare_ms = 30'000;
    wanted_ = rollout.metaset;
    EtcdTxn txn;
    txn.compares = {EtcdCompare::mod_revision(EtcdKeys::one(keys_.rollout()), EtcdRelation::kEqual,
                                              seen.rollout_revision)};
    txn.then = {EtcdOperation::put(keys_.rollout(), to_json(rollout)),
                EtcdOperation::del(EtcdKeys::prefix(keys_.ready())),
                EtcdOperation::del(EtcdKeys::prefix(keys_.held()))};
    BOOST_REQUIRE(store_.apply(txn));
  }

  // Whoever answers answers the same, and never something older than what anybody was given.
  void check() {
    for (const Member& member : members_) {
      if (!member.answers(now_)) continue;
      if (member.metaset < answered_) {
        BOOST_FAIL(fmt::format("at {} ms {} answers from {} after somebody did from {}", now_,
                               member.name, member.metaset, answered_));
      }
      answered_ = member.metaset;
    }
  }

  std::mt19937 random_;
  Keys store_;
  GroupKeys keys_{"test"};
  std::vector<Member> members_;
  std::int64_t now_ = 1'000'000;
  std::uint64_t wanted_ = 1, answered_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(group_rules)

BOOST_AUTO_TEST_CASE(all_members_answer_the_same) {
  std::uint64_t switched = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Group group(seed, 2 + static_cast<int>(seed % 4));
      group.run(60'000, true);
      switched += group.current();
    }
  }
  BOOST_TEST(switched > 40 * 2);  // or nothing was tried
}

BOOST_AUTO_TEST_CASE(a_group_that_nothing_fails_in_goes_on) {
  for (unsigned seed = 100; seed < 110; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Group group(seed, 4);
      group.run(40'000, true);
      group.run(30'000, false);
      const std::uint64_t before = group.current();
      const std::uint64_t started = group.rollouts;
      group.run(60'000, false);
      BOOST_TEST(group.current() > before + 3);
      BOOST_TEST(group.current() >= before + (group.rollouts - started) - 2);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
