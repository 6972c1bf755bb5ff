// The agent of one member: keeps its gate, its metasets and its place in the group.
//
// Threads of its own: one writes heartbeats, one watches etcd, one answers datagrams, one fetches
// metasets; run() reads the state of the group whenever something changed, and does what the rules
// say (rules.h). Whatever fails, the gate closes by itself when its time is over.
// Lifetime: the repository, opened for writing, the logger and the rounds must outlive it.
// Thread-safety: one thread; the stop token may be used from others. Errors: run() throws kConflict
// if another agent has taken this member's place, kDenied and kInvalid if etcd refuses it; what may
// pass by itself is logged and tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "metaset/base/log.h"
#include "metaset/base/progress.h"
#include "metaset/group/etcd.h"
#include "metaset/group/peer_address.h"
#include "metaset/group/rounds.h"
#include "metaset/store/repository.h"

namespace metaset::group {

struct AgentOptions {
  std::string group, member;
  EtcdOptions etcd;
  std::string gate;    // path of the gate
  std::string memory;  // path of the client memory of the depot's workers
  PeerAddress listen;  // where other members reach it, UDP
  std::chrono::milliseconds ttl{6000};
  // Brings the repository up to a metaset (replicate.h); see fetcher.h.
  std::function<void(std::uint64_t metaset, const ProgressCallback& progress,
                     const std::stop_token& stop)>
      fetch;
  std::function<void()> when_in;  // once, when it takes part
};

// Until stopped; leaves the gate closed. Notes in `rounds` that it goes on.
void run_agent(store::Repository& repository, const AgentOptions& options, const Logger& log,
               Rounds& rounds, const std::stop_token& stop);

}  // namespace metaset::group
