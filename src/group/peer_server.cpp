#include "group/peer_server.h"

#include <array>
#include <cerrno>
#include <exception>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "metaset/base/error.h"
#include "metaset/base/random.h"
#include "metaset/group/records.h"

namespace metaset::group {
namespace {

constexpr BootTime kPromise = 2 * kSecond;
constexpr BootTime kAskInterval = 400 * kMillisecond;
// Whoever is new in the group, and owes nobody a promise, waits for a whole time to live before it
// removes a member whose fence promises have extended.
static_assert(kPromise <= kMinTtl.count() * kMillisecond);
// What etcd was asked to do it does in this time or never.
constexpr BootTime kUncertainty = 15 * kSecond;
// That datagrams get through is found out before they are needed.
constexpr BootTime kGreetInterval = 2 * kSecond;
constexpr BootTime kLongSilence = 8 * kSecond;
// What has waited for longer is about the past: others do not count on an answer any more.
constexpr BootTime kLateness = 500 * kMillisecond;
constexpr std::size_t kRememberedAnnouncements = 4096;
constexpr BootTime kOvertaking = 5 * kSecond;  // no datagram is under way for longer
constexpr int kPollMs = 100;
constexpr int kDatagramsAtOnce = 256;
constexpr int kMostQueued = 100'000;

Fd open_socket(const PeerAddress& listen, int family) {
  Fd socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) throw system_error(errno, "cannot make a socket for", listen.text());
  if (family == AF_INET6) {
    const int off = 0;
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  sockaddr_storage address{};
  const socklen_t size = to_socket_address(listen, family, address);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    throw system_error(errno, "cannot listen on UDP", listen.text());
  }
  return socket;
}

}  // namespace

PeerServer::PeerServer(const PeerAddress& listen, std::string member, std::chrono::milliseconds ttl,
                       MemberGate& gate, std::shared_ptr<ClientMemory> memory, Rounds& rounds,
                       const Logger& log)
    : member_(std::move(member)),
      contact_life_(ttl.count() * kMillisecond / 2),
      gate_(gate),
      rounds_(rounds),
      log_(log),
      socket_(open_socket(listen, listen.is_v4() ? AF_INET : AF_INET6)),
      family_(listen.is_v4() ? AF_INET : AF_INET6),
      memory_(std::move(memory)),
      // Those that an earlier start of this agent gave are not known any more.
      promised_until_(boot_now() + kPromise) {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

PeerServer::~PeerServer() = default;

void PeerServer::know(KnownGroup group) {
  const std::lock_guard lock(mutex_);
  if (group.config_revision != group_.config_revision) {
    // Promises of those who are known from now on are missing in the round that is under way.
    nonce_ = 0;
    unanswered_.clear();
  }
  group_ = std::move(group);
}

void PeerServer::use(std::shared_ptr<ClientMemory> memory) {
  const std::lock_guard lock(mutex_);
  memory_ = std::move(memory);
}

std::shared_ptr<ClientMemory> PeerServer::memory() const {
  const std::lock_guard lock(mutex_);
  return memory_;
}

std::string PeerServer::problem(BootTime now) const {
  const std::lock_guard lock(mutex_);
  std::string names;
  for (const auto& [name, since] : silent_) {
    const auto other = group_.others.find(name);
    if (other == group_.others.end() || now - since < kLongSilence) continue;
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", name, other->second.text());
  }
  return names.empty() ? names : "no datagrams come back from " + names;
}

// An announcement that tells nothing.
void PeerServer::greet(BootTime now) {
  const Secret secret = gate_.state().secret;
  PeerMessage message;
  message.sender = member_;
  message.nonce = random_number();
  const std::lock_guard lock(mutex_);
  greeted_ = now;
  for (const auto& [name, address] : group_.others) {
    silent_.try_emplace(name, now);
    send(message, secret, address);
  }
}

void PeerServer::had_contact(BootTime when) {
  const std::lock_guard lock(mutex_);
  contact_ = std::max(contact_, when);
}

bool PeerServer::has_contact(BootTime now) const {
  const std::lock_guard lock(mutex_);
  return now - contact_ <= contact_life_;
}

bool PeerServer::promised(BootTime now) const {
  const std::lock_guard lock(mutex_);
  return now <= promised_until_;
}

bool PeerServer::begin_change(BootTime now) {
  const std::lock_guard lock(mutex_);
  if (now <= promised_until_) return false;
  changing_until_ = std::numeric_limits<BootTime>::max();
  return true;
}

void PeerServer::end_change(BootTime now, bool certain) {
  const std::lock_guard lock(mutex_);
  changing_until_ = certain ? 0 : now + kUncertainty;
}

// One that fails, for lack of memory most likely, is as one that was lost.
template <typename Work>
void PeerServer::attempt(const Work& work) const noexcept {
  try {
    work();
  } catch (const std::exception& error) {
    log_.try_log(Level::kWarning, "datagram", error.what());
  }
}

void PeerServer::run(std::stop_token stop) {
  BootTime last = boot_now();
  while (!stop.stop_requested()) {
    rounds_.went_round(Rounds::Loop::kDatagrams);
    pollfd event{socket_.get(), POLLIN, 0};
    ::poll(&event, 1, kPollMs);
    if (boot_now() - std::exchange(last, boot_now()) > kLateness) throw_away();
    for (int i = 0; i < kDatagramsAtOnce && (event.revents & POLLIN) != 0; ++i) {
      if (boot_now() - last > kLateness) break;
      attempt([this] { receive(); });
      if (::poll(&event, 1, 0) <= 0) break;
    }
    attempt([this] {
      const BootTime now = boot_now();
      if (!has_contact(now) && now - asked_ >= kAskInterval) ask(now);
      if (now - greeted_ >= kGreetInterval) greet(now);
    });
  }
}

void PeerServer::throw_away() {
  std::array<char, 1> byte;
  for (int i = 0; i < kMostQueued; ++i) {
    if (::recv(socket_.get(), byte.data(), byte.size(), 0) < 0) return;
  }
}

void PeerServer::receive() {
  std::array<char, kMaxPeerMessage + 1> buffer;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&address), &length);
  if (size <= 0) return;
  const GateState gate = gate_.state();
  const auto message = decode({buffer.data(), static_cast<std::size_t>(size)}, gate.secret);
  const auto from = from_socket_address(address);
  if (message && from) answer(*message, gate.secret, *from);
}

void PeerServer::answer(const PeerMessage& message, const Secret& secret, const PeerAddress& from) {
  PeerMessage reply = message;
  reply.sender = member_;
  switch (message.kind) {
    case PeerKind::kAnnounce:
      if (!note(message, from)) return;
      reply.kind = PeerKind::kAcknowledge;
      return send(reply, secret, from);
    case PeerKind::kGiven: {
      // Never over something newer: it may have been under way for a while.
      const MemoryEntry entry{message.key, message.metaset, 0};
      if (may_acknowledge(gate_.state())) memory()->merge({&entry, 1}, boot_now());
      return;
    }
    case PeerKind::kAsk:
      if (!promise(message, gate_.state())) return;
      reply.kind = PeerKind::kPromise;
      reply.millis = static_cast<std::uint32_t>(kPromise / kMillisecond);
      return send(reply, secret, from);
    case PeerKind::kPromise:
      return take_promise(message, from);
    case PeerKind::kAcknowledge: {
      const std::lock_guard lock(mutex_);
      silent_.erase(message.sender);
      return;
    }
  }
}

// While its time is over nobody may count on this member: others wait until it is removed.
bool PeerServer::may_acknowledge(const GateState& gate) const {
  const std::lock_guard lock(mutex_);
  return group_.member && boot_now() <= gate.valid_until;
}

// Of one sender the later announcement of a client counts, in whatever order they come. False: it
// is not to be acknowledged.
bool PeerServer::note(const PeerMessage& message, const PeerAddress& from) {
  if (!may_acknowledge(gate_.state())) return false;
  if (message.key == 0) return true;
  const BootTime now = boot_now();
  const std::pair place(from, message.key);
  if (const auto before = told_before_.find(place); before != told_before_.end()) {
    told_.try_emplace(place, before->second);
  }
  const auto [known, first] = told_.try_emplace(place, Told{message.nonce, now});
  // Nonces go round.
  const bool overtaken = static_cast<std::int64_t>(message.nonce - known->second.nonce) < 0;
  if (!first && overtaken && now - known->second.when < kOvertaking) return false;
  known->second = {message.nonce, now};
  memory()->note(message.key, message.metaset, boot_now());
  if (told_.size() > kRememberedAnnouncements) {
    told_before_ = std::move(told_);
    told_.clear();
  }
  return true;
}

void PeerServer::send(const PeerMessage& message, const Secret& secret, const PeerAddress& to) {
  const std::string datagram = encode(message, secret);
  sockaddr_storage address{};
  const socklen_t size = to_socket_address(to, family_, address);
  if (size == 0) return;
  // What is lost is asked again.
  (void)::sendto(socket_.get(), datagram.data(), datagram.size(), 0,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

bool PeerServer::promise(const PeerMessage& asked, const GateState& gate) {
  const BootTime now = boot_now();
  const std::lock_guard lock(mutex_);
  if (now - contact_ <= contact_life_ || now <= changing_until_ || !group_.in ||
      gate.phase != Phase::kOpen || gate.metaset != asked.metaset ||
      group_.config_revision != static_cast<std::int64_t>(asked.config) ||
      !group_.others.contains(asked.sender)) {
    return false;
  }
  // Before anybody can have heard of it.
  promised_until_ = now + kPromise;
  return true;
}

void PeerServer::ask(BootTime now) {
  const GateState gate = gate_.state();
  PeerMessage message;
  message.kind = PeerKind::kAsk;
  message.sender = member_;
  message.nonce = random_number();
  message.metaset = gate.metaset;
  std::map<std::string, PeerAddress> others;
  {
    const std::lock_guard lock(mutex_);
    asked_ = now;
    nonce_ = message.nonce;
    unanswered_.clear();
    if (gate.phase != Phase::kOpen || !group_.in || !group_.complete) return;
    message.config = static_cast<std::uint64_t>(group_.config_revision);
    others = group_.others;
    for (const auto& [name, address] : others) unanswered_.insert(name);
  }
  // With nobody else in the group there is nobody to switch without it.
  if (others.empty()) return gate_.extend(now + kPromise * 9 / 10);
  for (const auto& [name, address] : others) send(message, gate.secret, address);
}

void PeerServer::take_promise(const PeerMessage& message, const PeerAddress& from) {
  BootTime asked = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto other = group_.others.find(message.sender);
    if (message.nonce != nonce_ || other == group_.others.end() || other->second != from) return;
    if (unanswered_.erase(message.sender) == 0 || !unanswered_.empty()) return;
    asked = asked_;
  }
  gate_.extend(asked + kPromise * 9 / 10);
}

}  // namespace metaset::group
