// Stands in for an agent in system tests: writes a gate as it is told on standard input, and
// answers the announcements of workers.
//
//   gate-tool FILE
//   open METASET LEASE | hold METASET LIMIT LEASE (milliseconds) | close | peers ADDRESS... |
//   deaf | hear
// Each line is answered by one: "ok", or for `hear` the address at which announcements are taken.
#include <atomic>
#include <iostream>
#include <sstream>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "metaset/group/gate.h"
#include "metaset/group/peer_message.h"

namespace {

using namespace metaset::group;

// Acknowledges everything while it is told to hear.
class Ear {
 public:
  explicit Ear(const Secret& secret)
      : secret_(secret), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&own), sizeof(own));
    sockaddr_storage bound{};
    socklen_t length = sizeof(bound);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &length);
    address = *from_socket_address(bound);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  PeerAddress address;
  std::atomic<bool> hears{true};

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd wanted{socket_.get(), POLLIN, 0};
      if (::poll(&wanted, 1, 20) <= 0) continue;
      char buffer[kMaxPeerMessage + 1];
      sockaddr_storage from{};
      socklen_t length = sizeof(from);
      const ssize_t count = ::recvfrom(socket_.get(), buffer, sizeof(buffer), 0,
                                       reinterpret_cast<sockaddr*>(&from), &length);
      if (count <= 0 || !hears) continue;
      const auto message = decode({buffer, static_cast<std::size_t>(count)}, secret_);
      if (!message || message->kind != PeerKind::kAnnounce) continue;
      PeerMessage answer;
      answer.kind = PeerKind::kAcknowledge;
      answer.nonce = message->nonce;
      const std::string text = encode(answer, secret_);
      ::sendto(socket_.get(), text.data(), text.size(), 0, reinterpret_cast<sockaddr*>(&from),
               length);
    }
  }
  Secret secret_;
  metaset::Fd socket_;
  std::jthread thread_;
};

std::string obey(std::istringstream& words, GateWriter& writer, Ear& ear, GateState& state) {
  std::string verb;
  BootTime limit = 0, lease = 0;
  words >> verb;
  if (verb == "close") {
    writer.close();
  } else if (verb == "open") {
    words >> state.metaset >> lease;
    state.phase = Phase::kOpen;
  } else if (verb == "hold") {
    words >> state.metaset >> limit >> lease;
    state.phase = Phase::kHold;
    state.hold_until = boot_now() + limit * kMillisecond;
  } else if (verb == "peers") {
    state.peers.clear();
    for (std::string peer; words >> peer;) state.peers.push_back(parse_peer_address(peer));
  } else if (verb == "hear" || verb == "deaf") {
    ear.hears = verb == "hear";
    return ear.address.text();
  } else {
    return "what?";
  }
  if (lease != 0) {
    state.valid_until = boot_now() + lease * kMillisecond;
    writer.write(state);
  }
  return "ok";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::invalid_argument("one file is needed");
    GateState state;
    state.secret = new_secret();
    GateWriter writer(argv[1]);
    Ear ear(state.secret);
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      std::cout << obey(words, writer, ear, state) << std::endl;
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "gate-tool: " << error.what() << "\n";
    return 1;
  }
}
