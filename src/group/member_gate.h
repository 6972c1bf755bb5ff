// The gate of this member as the threads of its agent share it.
//
// The fence (valid_until) is extended only by what proves that nobody can have switched without
// this member: a heartbeat that reached etcd (heartbeat.h), or the promises of all others
// (peer_server.h). Thread-safety: any thread. Errors: those of GateWriter.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "metaset/group/gate.h"

namespace metaset::group {

class MemberGate {
 public:
  explicit MemberGate(const std::string& path) : writer_(path) {}

  void set_secret(const Secret& secret);
  void set_peers(std::vector<PeerAddress> peers);
  // kHold begins one that nobody waits for longer than `hold`; a hold that has begun goes on.
  void set(Phase phase, std::uint64_t metaset, BootTime hold);
  void close() { set(Phase::kClosed, 0, 0); }
  // Never makes it shorter.
  void extend(BootTime valid_until);

  GateState state() const;
  // What others can be told: the metaset that is answered from right now, 0: none.
  std::uint64_t serving() const;

 private:
  void write();
  mutable std::mutex mutex_;
  GateWriter writer_;
  GateState wanted_;
};

}  // namespace metaset::group
