// Answers the datagrams of other members, and asks them for promises while etcd is out of reach.
//
// Without contact to etcd a member may go on answering only if nobody can switch without it. Others
// can promise that: whoever has no contact either, serves the same metaset and knows the same
// configuration promises for a while neither to take anybody out of the group nor to confirm a
// hold. If all that are in the group, or about to be, have promised in one round, no transaction
// that switches without this member can come to pass before the first promise ends.
// Thread-safety: any thread. Errors: the constructor throws system errors.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>

#include "metaset/base/file.h"
#include "metaset/base/log.h"
#include "metaset/group/client_memory.h"
#include "metaset/group/peer_message.h"
#include "metaset/group/rounds.h"

#include "group/member_gate.h"

namespace metaset::group {

// What this member knows of the group; promises are given to those who know the same.
struct KnownGroup {
  std::int64_t config_revision = 0;
  bool member = false;                        // this member is in the group or about to be
  bool in = false;                            // it is
  std::map<std::string, PeerAddress> others;  // in or joining
  bool complete = false;                      // the addresses of all others are known
};

class PeerServer {
 public:
  // Without a heartbeat for half of `ttl` there is no contact.
  PeerServer(const PeerAddress& listen, std::string member, std::chrono::milliseconds ttl,
             MemberGate& gate, std::shared_ptr<ClientMemory> memory, Rounds& rounds,
             const Logger& log);
  ~PeerServer();
  PeerServer(const PeerServer&) = delete;
  PeerServer& operator=(const PeerServer&) = delete;

  // Who is asked and answered, from the next datagram on.
  void know(KnownGroup group);
  void use(std::shared_ptr<ClientMemory> memory);
  // From whom no datagrams come back, for people; empty: from everybody.
  std::string problem(BootTime now) const;
  // When a heartbeat that reached etcd was sent. That it can be read proves nothing.
  void had_contact(BootTime when);
  bool has_contact(BootTime now) const;
  // Whether a promise to others still stands.
  bool promised(BootTime now) const;
  // Around a transaction that changes the group: false if a promise stands; while it is under way,
  // or may still be done (`certain` is false), none is given.
  bool begin_change(BootTime now);
  void end_change(BootTime now, bool certain);

 private:
  void run(std::stop_token stop);
  void receive();
  template <typename Work>
  void attempt(const Work& work) const noexcept;
  void throw_away();
  bool may_acknowledge(const GateState& gate) const;
  void answer(const PeerMessage& message, const Secret& secret, const PeerAddress& from);
  void send(const PeerMessage& message, const Secret& secret, const PeerAddress& to);
  std::shared_ptr<ClientMemory> memory() const;
  bool promise(const PeerMessage& asked, const GateState& gate);
  void ask(BootTime now);
  void take_promise(const PeerMessage& message, const PeerAddress& from);
  void greet(BootTime now);
  bool note(const PeerMessage& message, const PeerAddress& from);

  const std::string member_;
  const BootTime contact_life_;
  MemberGate& gate_;
  Rounds& rounds_;
  const Logger& log_;
  Fd socket_;
  int family_;

  mutable std::mutex mutex_;
  std::shared_ptr<ClientMemory> memory_;
  KnownGroup group_;
  // When others were greeted first without an answer since; not there: they have answered.
  std::map<std::string, BootTime> silent_;
  BootTime greeted_ = 0;
  BootTime contact_ = 0;
  BootTime promised_until_;
  BootTime changing_until_ = 0;
  // The last announcement of each client by each sender, and those of a while ago.
  struct Told {
    std::uint64_t nonce = 0;
    BootTime when = 0;
  };
  std::map<std::pair<PeerAddress, ClientKey>, Told> told_, told_before_;
  // The round of questions that is under way.
  std::uint64_t nonce_ = 0;
  BootTime asked_ = 0;
  std::set<std::string> unanswered_;
  std::jthread thread_;
};

}  // namespace metaset::group
