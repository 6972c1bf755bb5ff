// Which metaset a request that depends on the active one is answered from.
//
// On a single depot: the active one. In a group (METASET_GROUP): the one that the agent's gate
// says, after a wait if it holds, or 504. A client that was given catalog.attrs of an older one
// within the last minute gets the parts and update logs of that one, so that its refresh is of one
// metaset (METASET_MEMORY, group/client_memory.h).
// Nothing is noted of a request that others may have answered meanwhile (src/http/freshness.h).
// Errors: StatusError 504 for such a request, and while the depot does not take part in its group;
// what cannot be remembered is logged once, and all goes on without.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "metaset/base/log.h"
#include "metaset/depot/read_session.h"
#include "metaset/group/announcer.h"
#include "metaset/group/client_memory.h"
#include "metaset/group/gate.h"
#include "metaset/http/exchange.h"
#include "metaset/http/kept_files.h"

namespace metaset::http {

class Freshness;

// The client memories of a process, each mapped once. Thread-safety: any thread.
class ClientMemories {
 public:
  // Null if it cannot be used. Follows a file that was replaced.
  std::shared_ptr<group::ClientMemory> get(const Config& config, const Logger& log);

 private:
  using Files = KeptFiles<group::ClientMemory>;
  Files files_;
};

// Of one thread.
class ActiveView {
 public:
  explicit ActiveView(ClientMemories& memories) : memories_(memories) {}
  // Makes the session, which was just begun, show it. No transaction is held while it waits.
  void choose(const Exchange& exchange, depot::ReadSession& session);
  // Why choose() would not find one now, for people; empty if it would, perhaps after a hold.
  std::string trouble(const Exchange& exchange, depot::ReadSession& session);

 private:
  struct Client;
  group::GateReader* gate(const Config& config);
  group::ClientMemory* memory(const Exchange& exchange, group::BootTime now);
  const group::GateLook& pass(const Exchange& exchange, depot::ReadSession& session,
                              group::GateReader& gate, Freshness& freshness);
  std::optional<Client> client_of(const Exchange& exchange, const group::Secret* secret);
  void answer_part(const Exchange& exchange, const Client& client, std::uint64_t newest,
                   depot::ReadSession& session);
  std::uint64_t metaset_to_give(const Client& client, std::uint64_t newest,
                                const group::GateLook* look, const Freshness& freshness,
                                depot::ReadSession& session);

  ClientMemories& memories_;
  group::Announcer announcer_;
  std::map<std::string, group::GateReader, std::less<>> gates_;
  struct Known {
    std::shared_ptr<group::ClientMemory> memory;
    group::BootTime checked = 0;
  };
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace metaset::http
