#include "group/member_gate.h"

#include <algorithm>
#include <utility>

namespace metaset::group {

void MemberGate::write() {
  if (writer_.state() != wanted_) writer_.write(wanted_);
}

void MemberGate::set_secret(const Secret& secret) {
  const std::lock_guard lock(mutex_);
  wanted_.secret = secret;
  write();
}

void MemberGate::set_peers(std::vector<PeerAddress> peers) {
  const std::lock_guard lock(mutex_);
  std::ranges::sort(peers);
  peers.resize(std::min(peers.size(), kMaxPeers));
  wanted_.peers = std::move(peers);
  write();
}

void MemberGate::set(Phase phase, std::uint64_t metaset, BootTime hold) {
  const std::lock_guard lock(mutex_);
  if (phase == Phase::kHold && wanted_.phase != Phase::kHold) {
    wanted_.hold_until = boot_now() + hold;
  }
  wanted_.phase = phase;
  wanted_.metaset = metaset;
  write();
}

void MemberGate::extend(BootTime valid_until) {
  const std::lock_guard lock(mutex_);
  if (valid_until <= wanted_.valid_until) return;
  wanted_.valid_until = valid_until;
  writer_.renew(valid_until);
}

GateState MemberGate::state() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

std::uint64_t MemberGate::serving() const {
  const std::lock_guard lock(mutex_);
  const bool answers = wanted_.phase == Phase::kOpen && boot_now() <= wanted_.valid_until;
  return answers ? wanted_.metaset : 0;
}

}  // namespace metaset::group
