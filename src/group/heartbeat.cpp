#include "group/heartbeat.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "metaset/base/error.h"

#include "group/unchanged.h"

namespace metaset::group {
namespace {

constexpr int kBeatsInLife = 6;

}  // namespace

Heartbeat::Heartbeat(const EtcdOptions& etcd, const GroupKeys& keys, std::string member,
                     std::chrono::milliseconds ttl, MemberGate& gate,
                     std::function<void(BootTime)> on_contact, Rounds& rounds, const Logger& log)
    : keys_(keys),
      key_(keys.member(member)),
      ttl_(ttl),
      gate_(gate),
      on_contact_(std::move(on_contact)),
      rounds_(rounds),
      log_(log),
      etcd_(etcd) {
  record_.incarnation = new_rollout_id();
  record_.ttl_ms = ttl.count();
}

Heartbeat::~Heartbeat() = default;

bool Heartbeat::take_seat(std::string& why) {
  const EtcdRecords found = etcd_.range(EtcdKeys::one(key_));
  const EtcdRecord* other = found.find(key_);
  if (other != nullptr) {
    std::int64_t life = 0;
    try {
      life = parse_member(other->value).life_ms();
    } catch (const Error&) {
      // Nobody's heartbeat.
    }
    if (other->mod_revision != other_revision_) {
      other_revision_ = other->mod_revision;
      other_since_ = boot_now();
    }
    if (boot_now() - other_since_ < life * kMillisecond) {
      why = fmt::format(
          "the seat of this member in the group was taken a moment ago: is another "
          "agent of that name running? It is free after {} ms of silence",
          life);
      return false;
    }
  }
  lease_ = 0;
  revision_ = other == nullptr ? 0 : other->mod_revision;
  if (!write(Beat::kPresent)) {
    why = "another agent took the seat of this member";
    return false;
  }
  seated_ = true;
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
  return true;
}

std::int64_t Heartbeat::lease() {
  if (lease_ != 0 && etcd_.lease_keepalive(lease_)) return lease_;
  const auto life = std::chrono::ceil<std::chrono::seconds>(3 * ttl_);
  lease_ = etcd_.lease_grant(life).id;
  return lease_;
}

// False: the key or the configuration is another one by now.
bool Heartbeat::write(Beat beat) {
  const BootTime before = boot_now();
  std::string value;
  std::int64_t config = 0;
  {
    const std::lock_guard lock(mutex_);
    due_ = false;
    ++record_.beats;
    record_.serving = gate_.serving();
    record_.ttl_ms = beat == Beat::kStopped ? 0 : ttl_.count();
    config = record_.config;
    value = to_json(record_);
  }
  EtcdTxn txn;
  txn.compares.push_back(unchanged(key_, revision_));
  if (beat == Beat::kFence) txn.compares.push_back(unchanged(keys_.config(), config));
  txn.then = {EtcdOperation::put(key_, value, lease())};
  const EtcdTxnResult result = etcd_.txn(txn);
  on_contact_(before);
  if (!result.succeeded) return false;
  revision_ = result.revision;
  if (beat == Beat::kFence) gate_.extend(before + ttl_.count() * kMillisecond * 9 / 10);
  return true;
}

// After a transaction of which it is not known whether it was done, or one that was refused.
void Heartbeat::find_seat() {
  const EtcdRecords found = etcd_.range(EtcdKeys::one(key_));
  const EtcdRecord* mine = found.find(key_);
  if (mine == nullptr) {
    // The lease ran out while etcd could not be reached. Nobody else is sitting there.
    revision_ = 0;
    lease_ = 0;
    return;
  }
  if (parse_member(mine->value).incarnation == record_.incarnation) {
    revision_ = mine->mod_revision;
    return;
  }
  seated_ = false;
}

void Heartbeat::beat() {
  try {
    if (write(Beat::kFence)) return;
    find_seat();
    if (seated_ && !write(Beat::kPresent)) find_seat();
  } catch (const EtcdUncertain&) {
    // The next one finds out.
  } catch (const Error& error) {
    if (error.code() == Code::kUnavailable) return;
    lease_ = 0;
    log_.try_log(Level::kError, "heartbeat", error.what());
  } catch (const std::exception& error) {  // out of memory: the next one may find some
    log_.try_log(Level::kError, "heartbeat", error.what());
  }
}

void Heartbeat::run(std::stop_token stop) {
  while (!stop.stop_requested() && seated_) {
    rounds_.went_round(Rounds::Loop::kHeartbeats);
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, ttl_ / kBeatsInLife, [this] { return due_; });
    }
    if (!stop.stop_requested()) beat();
  }
}

void Heartbeat::leave() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (!seated_) return;
  try {
    if (write(Beat::kStopped)) return;
    find_seat();
    if (seated_) write(Beat::kStopped);
  } catch (const Error& error) {
    log_.warning(fmt::format("the group was not told that this member stops: {}", error.what()));
  }
}

}  // namespace metaset::group
