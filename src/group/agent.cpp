#include "metaset/group/agent.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/hash.h"
#include "metaset/group/group_state.h"
#include "metaset/group/rules.h"
#include "metaset/metrics/counters.h"
#include "metaset/store/activate.h"
#include "metaset/store/layout.h"
#include "metaset/store/view.h"

#include "group/fetcher.h"
#include "group/heartbeat.h"
#include "group/member_gate.h"
#include "group/member_memory.h"
#include "group/observations.h"
#include "group/peer_server.h"

namespace metaset::group {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookInterval = 500ms;  // if the watch tells nothing
constexpr auto kPause = 1s;            // after a failure, and while the place in the group is taken
constexpr BootTime kCompactInterval = 600 * kSecond;
constexpr std::int64_t kLongestHold = 10'000;  // ms

// Wakes the one thread that reads the state of the group.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    wake_.notify_all();
  }
  void wait(const std::stop_token& stop, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, limit, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool rung_ = false;
};

class Agent {
 public:
  Agent(store::Repository& repository, const AgentOptions& options, const Logger& log,
        Rounds& rounds)
      : repository_(repository),
        options_(options),
        log_(log),
        rounds_(rounds),
        keys_(options.group),
        gate_(options.gate),
        shown_(group_state_path(options.gate)),
        memory_(options.memory, store::lock_file_path(repository.root()), options.member, log),
        etcd_(options.etcd),
        peers_(options.listen, options.member, options.ttl, gate_, memory_.shared(), rounds, log),
        fetcher_(
            options.fetch, [this](std::uint64_t metaset) { activate(metaset); },
            [this] { bell_.ring(); }, log),
        heartbeat_(
            options.etcd, keys_, options.member, options.ttl, gate_,
            [this](BootTime sent) { peers_.had_contact(sent); }, rounds, log) {
    require_group_word(options.member, "a member");
  }

  void run(const std::stop_token& stop) {
    if (!begin(stop)) return;
    std::jthread watcher([this](std::stop_token end) { watch(std::move(end)); });
    while (!stop.stop_requested()) {
      rounds_.went_round(Rounds::Loop::kGroup);
      if (!heartbeat_.has_seat()) {
        throw Error(Code::kConflict,
                    fmt::format("another agent has taken the place of member {} in group {}",
                                options_.member, options_.group));
      }
      const bool again = attempt([this] { return step(); }).value_or(false);
      if (!again) bell_.wait(stop, kLookInterval);
    }
    gate_.close();
    heartbeat_.leave();
    shown_.remove();
  }

 private:
  // nullopt: it failed, as it may for a while.
  template <typename Work>
  std::optional<bool> attempt(const Work& work) {
    try {
      const bool result = work();
      if (!problem_.empty()) log_.info("etcd answers again");
      problem_.clear();
      return result;
    } catch (const Error& error) {
      if (error.code() == Code::kDenied || error.code() == Code::kInvalid) throw;
      if (problem_.empty()) log_.warning(error.what());
      problem_ = error.what();
      return std::nullopt;
    }
  }

  // False if stopped before there is a place in the group.
  bool begin(const std::stop_token& stop) {
    std::string why, told;
    while (!stop.stop_requested()) {
      rounds_.went_round(Rounds::Loop::kGroup);
      rounds_.went_round(Rounds::Loop::kHeartbeats);  // they begin with the seat
      const bool seated = attempt([&] {
                            agree_on_secret();
                            return heartbeat_.take_seat(why);
                          }).value_or(false);
      if (seated) return true;
      if (why != told) log_.warning(why);
      told = why;
      bell_.wait(stop, kPause);
    }
    return false;
  }

  void agree_on_secret() {
    const Secret fresh = new_secret();
    const EtcdKeys key = EtcdKeys::one(keys_.secret());
    EtcdTxn txn;
    txn.compares = {EtcdCompare::absent(keys_.secret())};
    txn.then = {EtcdOperation::put(keys_.secret(), std::string(fresh.begin(), fresh.end()))};
    etcd_.txn(txn);
    const EtcdRecords found = etcd_.range(key);
    const EtcdRecord* secret = found.find(keys_.secret());
    Secret agreed{};
    if (secret == nullptr || secret->value.size() != agreed.size()) {
      throw Error(Code::kCorrupt,
                  fmt::format("{} in etcd is no secret of a group", keys_.secret()));
    }
    std::ranges::copy(secret->value, agreed.begin());
    gate_.set_secret(agreed);
  }

  void watch(const std::stop_token& stop) {
    EtcdClient client(options_.etcd);
    std::int64_t next = 0;
    while (!stop.stop_requested()) {
      try {
        const auto result = client.watch(
            EtcdKeys::prefix(keys_.prefix()), next,
            [this](const auto&, std::int64_t) { bell_.ring(); }, stop, 10s);
        next = result.end == EtcdWatchEnd::kExpired ? result.next : 0;
      } catch (const std::exception&) {
        next = 0;
      }
      bell_.ring();
      Bell().wait(stop, 200ms);
    }
  }

  // What look(env, txn) finds in what is committed now.
  template <typename Look>
  auto committed(const Look& look) const {
    const lmdb::Env& env = std::as_const(repository_).committed();
    const lmdb::ReadTxn txn(env);
    return look(env, txn);
  }

  std::optional<std::string> digest(std::uint64_t metaset) const {
    const auto record = committed([metaset](const lmdb::Env& env, const lmdb::Txn& txn) {
      return store::View::record_of(env, txn, metaset);
    });
    if (!record) return std::nullopt;
    return to_hex(record->digest);
  }

  MemberFacts facts(const GroupSnapshot& seen, BootTime now) const {
    MemberFacts facts;
    facts.name = options_.member;
    const SeenMember* const self = seen.member(options_.member);
    facts.registered = self != nullptr && self->record.incarnation == heartbeat_.incarnation();
    facts.active = committed(store::View::active_number);
    facts.digest = [this](std::uint64_t metaset) { return digest(metaset); };
    facts.promised = peers_.promised(now);
    facts.settled =
        seen.current && (observations_.settled(*seen.current) || MemberMemory::can_learn(seen));
    facts.phase_ms = observations_.phase_ms();
    facts.silent_ms = [this](std::string_view name) { return observations_.silent_ms(name); };
    facts.time = iso_timestamp(metaset::now()) + "Z";
    return facts;
  }

  // True if it is to be called again at once.
  bool step() {
    const BootTime now = boot_now();
    const GroupSnapshot seen = read_group(etcd_, keys_);
    observations_.see(seen, now, boot_now());
    if (memory_.follow()) peers_.use(memory_.shared());
    know_peers(seen);
    Decision decision = decide(keys_, seen, facts(seen, now));
    apply_gate(seen, decision);
    tell(seen, decision);
    show(seen);
    fetcher_.fetch(decision.fetch.value_or(0));
    compact_sometimes(seen, now);
    return decision.txn && transact(seen, decision);
  }

  // Each heartbeat is a revision that etcd would keep for ever.
  void compact_sometimes(const GroupSnapshot& seen, BootTime now) {
    if (now - compacted_ < kCompactInterval) return;
    compacted_ = now;
    const std::int64_t revision = std::exchange(to_compact_, seen.revision);
    if (revision == 0 || seen.first_in() != options_.member) return;
    try {
      etcd_.compact(revision);
    } catch (const Error& error) {
      log_.warning(fmt::format("etcd keeps old revisions: {}", error.what()));
    }
  }

  void know_peers(const GroupSnapshot& seen) {
    KnownGroup group;
    group.config_revision = seen.config_revision;
    group.member = seen.is_member(options_.member);
    group.in = seen.is_in(options_.member);
    group.complete = seen.config.has_value();
    std::vector<PeerAddress> addresses;
    if (seen.config) {
      for (const auto& [name, membership] : seen.config->members) {
        if (name == options_.member) continue;
        const auto address = observations_.addresses().find(name);
        group.complete = group.complete && address != observations_.addresses().end();
        // Nobody answers at port 0: what cannot be told to all is told to nobody. Nor may two be
        // told as one, or this member for another.
        PeerAddress peer =
            address == observations_.addresses().end() ? PeerAddress{} : address->second;
        if (peer == options_.listen || std::ranges::count(addresses, peer) > 0) peer = {};
        group.others[name] = peer;
        addresses.push_back(peer);
      }
    }
    gate_.set_peers(std::move(addresses));
    peers_.know(std::move(group));
  }

  void apply_gate(const GroupSnapshot& seen, Decision& decision) {
    const GateState before = gate_.state();
    bool opens = decision.gate == Phase::kOpen &&
                 (before.phase != Phase::kOpen || before.metaset != decision.metaset);
    if (!seen.is_in(options_.member)) memory_.was_away();
    const bool learns = opens || (memory_.has_to_learn() && decision.gate == Phase::kOpen);
    if (learns && !memory_.learn(etcd_, keys_, seen, observations_)) {
      opens = false;
      decision.gate = Phase::kClosed;
      decision.why_closed = "it does not know what clients were given during the last minute";
    }
    const std::int64_t hold = seen.rollout ? std::min(seen.rollout->hold_ms, kLongestHold) : 0;
    gate_.set(decision.gate, decision.gate == Phase::kClosed ? 0 : decision.metaset,
              hold * kMillisecond);
    if (decision.gate == Phase::kOpen) fetcher_.activate(decision.metaset);
    if (decision.why_closed != why_closed_ && !decision.why_closed.empty()) {
      log_.info("no mutable names are answered: " + decision.why_closed);
    }
    if (opens && why_closed_ != decision.why_closed) log_.info("mutable names are answered");
    why_closed_ = decision.why_closed;
    if (opens && options_.when_in && !std::exchange(was_in_, true)) options_.when_in();
  }

  void tell(const GroupSnapshot& seen, const Decision& decision) {
    const Fetcher::State state = fetcher_.state();
    const store::MetasetNumber latest = committed(store::View::latest_number);
    note_for_metrics(seen, std::max(decision.fetch.value_or(0), latest), latest);
    heartbeat_.tell([&](MemberRecord& record) {
      record.config = seen.config_revision;
      record.latest = latest;
      record.serving = gate_.serving();
      record.address = options_.listen.text();
      record.done = state.done;
      record.all = state.all;
      record.problem = !state.problem.empty()         ? state.problem
                       : !decision.why_closed.empty() ? decision.why_closed
                                                      : peers_.problem(boot_now());
    });
  }

  // For who watches the depot (man/metaset-metrics.5).
  void note_for_metrics(const GroupSnapshot& seen, std::uint64_t wanted,
                        std::uint64_t latest) const {
    using metrics::Note;
    const auto time = static_cast<std::uint64_t>(metaset::now().seconds());
    std::uint64_t members = 0, in = 0;
    if (seen.config) {
      for (const auto& [name, membership] : seen.config->members) {
        ++members;
        in += seen.is_in(name) ? 1 : 0;
      }
    }
    const std::array<std::pair<Note, std::uint64_t>, 6> notes = {
        {{Note::kGroupMembers, members},
         {Note::kGroupMembersIn, in},
         {Note::kGroupTime, time},
         {Note::kReplicationSource, wanted},
         {Note::kReplicationLag, wanted - latest},
         {Note::kReplicationTime, time}}};
    metrics::note(store::metrics_path(repository_.root()), notes);
  }

  // To whom it may interest. Nothing depends on it.
  void show(const GroupSnapshot& seen) {
    try {
      if (const auto state = state_of(options_.group, seen)) shown_.write(*state);
      unshown_ = false;
    } catch (const Error& error) {
      if (!std::exchange(unshown_, true)) log_.warning(error.what());
    }
  }

  // True if it was done.
  bool transact(const GroupSnapshot& seen, Decision& decision) {
    if (!peers_.begin_change(boot_now())) return false;
    if (decision.with_memory) {
      decision.txn->then.push_back(
          EtcdOperation::put(keys_.memory(seen.rollout->id, options_.member), memory_.encoded()));
    }
    try {
      const bool done = etcd_.txn(*decision.txn).succeeded;
      peers_.end_change(boot_now(), true);
      if (done) log_.info(decision.doing);
      return done;
    } catch (...) {
      peers_.end_change(boot_now(), false);
      throw;
    }
  }

  void activate(std::uint64_t metaset) {
    const store::MetasetNumber active = committed(store::View::active_number);
    if (active < metaset) store::activate(repository_, metaset);
    if (active > metaset) {
      throw Error(Code::kConflict,
                  fmt::format("metaset {} is active in {}, but the group serves {}: in a group, "
                              "commit with --hold and use metaset rollout",
                              active, repository_.root(), metaset));
    }
  }

  store::Repository& repository_;
  const AgentOptions& options_;
  const Logger& log_;
  Rounds& rounds_;
  const GroupKeys keys_;
  Bell bell_;
  MemberGate gate_;
  GroupStateWriter shown_;
  MemberMemory memory_;
  EtcdClient etcd_;
  PeerServer peers_;
  Fetcher fetcher_;
  Heartbeat heartbeat_;
  Observations observations_;
  std::string problem_, why_closed_;
  bool was_in_ = false, unshown_ = false;
  BootTime compacted_ = 0;
  std::int64_t to_compact_ = 0;
};

}  // namespace

void run_agent(store::Repository& repository, const AgentOptions& options, const Logger& log,
               Rounds& rounds, const std::stop_token& stop) {
  Agent(repository, options, log, rounds).run(stop);
}

}  // namespace metaset::group
