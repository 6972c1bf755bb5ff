// Tells the agents of all other members that a client is about to be given another metaset, and
// waits until all of them have noted it.
//
// In two steps, because a member that does not answer must not leave the others with what the
// client was not given: first everybody is asked whether it is there, and only if all are, are they
// told what the client gets. If that fails, they are told what it had before. A peer that did not
// answer is not waited for during the next second.
// Thread-safety: one thread; every thread has its own. Errors: none; what cannot be sent is not
// acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "metaset/base/file.h"
#include "metaset/group/boot_clock.h"
#include "metaset/group/client_memory.h"
#include "metaset/group/gate.h"
#include "metaset/group/peer_message.h"

namespace metaset::group {

class Announcer {
 public:
  static constexpr BootTime kPatience = 100 * kMillisecond;  // for both steps together

  // Whether the client still waits. What is said of one that was answered by others meanwhile
  // would be taken for its newest.
  using Waits = std::function<bool()>;
  // True: all peers of the gate have noted that the key was given `metaset`. False: whoever can be
  // reached notes that it has `before` (as of now), unless it does not wait any more.
  bool announce(const GateState& gate, ClientKey key, std::uint64_t before, std::uint64_t metaset,
                const Waits& waits);
  // Tells all peers that the key is given what all serve, and waits for nobody.
  void tell(const GateState& gate, ClientKey key, std::uint64_t metaset);

 private:
  bool open_socket();
  bool is_silent(const PeerAddress& peer, BootTime now) const;
  bool told(const GateState& gate, ClientKey key, std::uint64_t metaset, BootTime until);
  void send(const std::string& datagram, const PeerAddress& peer) const;
  void receive(const Secret& secret, std::uint64_t nonce, std::vector<PeerAddress>& missing) const;

  Fd socket_;
  int family_ = 0;
  std::uint64_t nonce_ = 0;
  std::map<PeerAddress, BootTime> silent_;  // since when
};

}  // namespace metaset::group
