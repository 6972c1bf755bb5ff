#include "metaset/group/announcer.h"

#include <algorithm>
#include <array>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "metaset/base/random.h"

namespace metaset::group {
namespace {

// After which times what was not acknowledged is sent again.
constexpr std::array<BootTime, 3> kSendAt = {0, 25 * kMillisecond, 55 * kMillisecond};
constexpr BootTime kSilence = 1 * kSecond;
constexpr BootTime kRevocation = 80 * kMillisecond;

int poll_millis(BootTime rest) {
  return static_cast<int>(std::max<BootTime>(rest + kMillisecond - 1, 0) / kMillisecond);
}

}  // namespace

bool Announcer::open_socket() {
  if (socket_) return true;
  for (const int family : {AF_INET6, AF_INET}) {
    socket_.reset(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) continue;
    const int off = 0;
    if (family == AF_INET6 &&
        ::setsockopt(socket_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) {
      continue;
    }
    family_ = family;
    nonce_ = random_number();
    return true;
  }
  socket_.reset();
  return false;
}

void Announcer::send(const std::string& datagram, const PeerAddress& peer) const {
  sockaddr_storage address{};
  const socklen_t length = to_socket_address(peer, family_, address);
  if (length == 0) return;
  // One that is lost is sent again.
  ::sendto(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), length);
}

// Takes everything that has come.
void Announcer::receive(const Secret& secret, std::uint64_t nonce,
                        std::vector<PeerAddress>& missing) const {
  std::array<char, kMaxPeerMessage + 1> buffer;
  while (true) {
    sockaddr_storage from{};
    socklen_t length = sizeof(from);
    const ssize_t count = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &length);
    if (count < 0) return;
    const auto message = decode({buffer.data(), static_cast<std::size_t>(count)}, secret);
    if (!message || message->kind != PeerKind::kAcknowledge || message->nonce != nonce) continue;
    if (const auto peer = from_socket_address(from)) std::erase(missing, *peer);
  }
}

bool Announcer::is_silent(const PeerAddress& peer, BootTime now) const {
  const auto silent = silent_.find(peer);
  return silent != silent_.end() && now - silent->second < kSilence;
}

bool Announcer::told(const GateState& gate, ClientKey key, std::uint64_t metaset, BootTime until) {
  const std::uint64_t nonce = ++nonce_;
  const std::string datagram =
      encode({PeerKind::kAnnounce, {}, nonce, key, metaset, 0, 0}, gate.secret);
  std::vector<PeerAddress> missing = gate.peers;
  const BootTime begin = boot_now();
  std::size_t sent = 0;
  BootTime time = begin;
  do {
    if (sent < kSendAt.size() && time - begin >= kSendAt[sent]) {
      for (const PeerAddress& peer : missing) send(datagram, peer);
      ++sent;
    }
    const BootTime next = sent < kSendAt.size() ? std::min(begin + kSendAt[sent], until) : until;
    pollfd wanted{socket_.get(), POLLIN, 0};
    if (::poll(&wanted, 1, poll_millis(next - boot_now())) > 0) {
      receive(gate.secret, nonce, missing);
    }
    time = boot_now();
  } while (!missing.empty() && time < until);
  if (silent_.size() > 2 * kMaxPeers) silent_.clear();
  for (const PeerAddress& peer : missing) {
    if (!is_silent(peer, time)) silent_[peer] = time;
  }
  return missing.empty();
}

void Announcer::tell(const GateState& gate, ClientKey key, std::uint64_t metaset) {
  if (gate.peers.empty() || !open_socket()) return;
  const std::string datagram =
      encode({PeerKind::kGiven, {}, ++nonce_, key, metaset, 0, 0}, gate.secret);
  for (const PeerAddress& peer : gate.peers) send(datagram, peer);
}

bool Announcer::announce(const GateState& gate, ClientKey key, std::uint64_t before,
                         std::uint64_t metaset, const Waits& waits) {
  if (gate.peers.empty()) return true;
  if (!open_socket()) return false;
  const BootTime until = boot_now() + kPatience;
  const bool hopeless = std::ranges::any_of(
      gate.peers, [&](const PeerAddress& peer) { return is_silent(peer, boot_now()); });
  if (!told(gate, 0, 0, hopeless ? boot_now() : until)) return false;
  if (!waits()) return false;
  if (told(gate, key, metaset, until)) return true;
  if (waits()) told(gate, key, before, boot_now() + kRevocation);
  return false;
}

}  // namespace metaset::group
