#include "metaset/group/announcer.h"

#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <poll.h>

namespace metaset::group {
namespace {

// What an agent does with announcements, on a thread of its own.
class Member {
 public:
  using Rule = std::function<bool(std::uint64_t metaset)>;  // whether to acknowledge
  Member(const Secret& secret, Rule rule) : secret_(secret), rule_(std::move(rule)) {
    socket_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage address{};
    socklen_t length = to_socket_address(parse_peer_address("127.0.0.1:1"), AF_INET, address);
    reinterpret_cast<sockaddr_in*>(&address)->sin_port = 0;
    BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    length = sizeof(address);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    peer = *from_socket_address(address);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  std::vector<std::uint64_t> noted() {
    const std::lock_guard lock(mutex_);
    return noted_;
  }
  PeerAddress peer;

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd wanted{socket_.get(), POLLIN, 0};
      if (::poll(&wanted, 1, 5) <= 0) continue;
      char buffer[kMaxPeerMessage + 1];
      sockaddr_storage from{};
      socklen_t length = sizeof(from);
      const ssize_t count = ::recvfrom(socket_.get(), buffer, sizeof(buffer), 0,
                                       reinterpret_cast<sockaddr*>(&from), &length);
      if (count <= 0) continue;
      const auto message = decode({buffer, static_cast<std::size_t>(count)}, secret_);
      if (!message || !rule_(message->metaset)) continue;
      {
        const std::lock_guard lock(mutex_);
        noted_.push_back(message->metaset);
      }
      PeerMessage answer;
      answer.kind = PeerKind::kAcknowledge;
      answer.nonce = message->nonce;
      const std::string text = encode(answer, secret_);
      ::sendto(socket_.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from),
               length);
    }
  }
  Secret secret_;
  Rule rule_;
  Fd socket_;
  std::mutex mutex_;
  std::vector<std::uint64_t> noted_;
  std::jthread thread_;
};

const auto kAlways = [](std::uint64_t) { return true; };
const auto kNever = [](std::uint64_t) { return false; };
const auto kWaits = [] { return true; };

// Members of a machine that has much else to do may be silent for too long at first.
bool announces(Announcer& announcer, const GateState& gate) {
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    if (announcer.announce(gate, 7, 1, 2, kWaits)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

BOOST_AUTO_TEST_SUITE(announcer_suite)

BOOST_AUTO_TEST_CASE(all_have_noted_it) {
  GateState gate;
  gate.secret = new_secret();
  Member one(gate.secret, kAlways), two(gate.secret, kAlways);
  gate.peers = {one.peer, two.peer};
  Announcer announcer;
  for (std::uint64_t i = 0; i < 50; ++i) BOOST_REQUIRE(announces(announcer, gate));
  BOOST_TEST(one.noted().back() == 2U);
  BOOST_TEST(two.noted().back() == 2U);
  gate.peers.clear();
  BOOST_TEST(announcer.announce(gate, 7, 1, 2, kWaits));
}

BOOST_AUTO_TEST_CASE(one_that_is_silent_leaves_the_others_as_they_were) {
  GateState gate;
  gate.secret = new_secret();
  Member one(gate.secret, kAlways), dead(gate.secret, kNever);
  gate.peers = {one.peer, dead.peer};
  Announcer announcer;
  BootTime begin = boot_now();
  BOOST_TEST(!announcer.announce(gate, 7, 1, 2, kWaits));
  BOOST_TEST(boot_now() - begin >= 99 * kMillisecond);
  // It is known by now.
  begin = boot_now();
  BOOST_TEST(!announcer.announce(gate, 7, 1, 2, kWaits));
  BOOST_TEST(boot_now() - begin < 50 * kMillisecond);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto noted = one.noted();
  BOOST_TEST(!noted.empty());
  for (const std::uint64_t metaset : noted) BOOST_TEST(metaset == 0U);  // it was only asked
}

BOOST_AUTO_TEST_CASE(one_that_dies_in_between_gives_the_old_one_back) {
  GateState gate;
  gate.secret = new_secret();
  Member one(gate.secret, kAlways);
  Member dying(gate.secret, [](std::uint64_t metaset) { return metaset < 2; });
  gate.peers = {one.peer, dying.peer};
  Announcer announcer;
  BOOST_TEST(!announcer.announce(gate, 7, 1, 2, kWaits));
  const auto noted = one.noted();
  BOOST_TEST((std::ranges::find(noted, 2U) != noted.end()));
  BOOST_TEST(noted.back() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_said_of_a_client_that_does_not_wait_any_more) {
  GateState gate;
  gate.secret = new_secret();
  Member one(gate.secret, kAlways);
  Member dying(gate.secret, [](std::uint64_t metaset) { return metaset < 2; });
  Announcer announcer;
  gate.peers = {one.peer};
  BOOST_TEST(!announcer.announce(gate, 7, 1, 2, [] { return false; }));
  const auto asked = one.noted();  // once, or again because it was slow; nothing but asked
  BOOST_TEST(std::ranges::all_of(asked, [](std::uint64_t metaset) { return metaset == 0; }));
  // What is said of it first may have been overtaken when it is to be taken back.
  gate.peers = {one.peer, dying.peer};
  int looks = 0;
  BOOST_TEST(!announcer.announce(gate, 7, 1, 2, [&looks] { return ++looks == 1; }));
  BOOST_TEST(looks == 2);
  BOOST_TEST(one.noted().back() == 2U);
}

BOOST_AUTO_TEST_CASE(lost_datagrams_are_sent_again) {
  GateState gate;
  gate.secret = new_secret();
  int count = 0;
  Member one(gate.secret, [&count](std::uint64_t) { return ++count % 2 == 0; });
  gate.peers = {one.peer};
  Announcer announcer;
  BOOST_TEST(announces(announcer, gate));
}

BOOST_AUTO_TEST_CASE(only_who_knows_the_secret_counts) {
  GateState gate;
  gate.secret = new_secret();
  Member stranger(new_secret(), kAlways);
  gate.peers = {stranger.peer};
  Announcer announcer;
  BOOST_TEST(!announcer.announce(gate, 7, 1, 2, kWaits));
  BOOST_TEST(stranger.noted().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
