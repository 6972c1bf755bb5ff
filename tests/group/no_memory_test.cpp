// The thread that answers other members, when there is no memory for a moment.
#include "tests/no_memory.h"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "metaset/base/file.h"

#include "group/peer_server.h"

#ifndef METASET_FIXED_NEW

namespace metaset::group {
namespace {

// Somebody who hears datagrams.
struct Listener {
  Listener() : socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE_EQUAL(::bind(socket.get(), any, size), 0);
    BOOST_REQUIRE_EQUAL(::getsockname(socket.get(), any, &size), 0);
    port = ntohs(address.sin_port);
    const timeval limit{10, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  bool hears() const {
    char byte = 0;
    return ::recv(socket.get(), &byte, 1, 0) > 0;
  }
  Fd socket;
  std::uint16_t port = 0;
};

BOOST_AUTO_TEST_SUITE(no_memory)

BOOST_AUTO_TEST_CASE(others_hear_of_a_member_again) {
  const TemporaryDirectory directory;
  const Fd log_file = open_file(directory.path() + "/log", O_CREAT | O_RDWR | O_APPEND);
  const Logger log(log_file.get(), "test");
  MemberGate gate(directory.path() + "/gate");
  gate.set_secret(new_secret());
  const auto memory = ClientMemory::open(directory.path() + "/clients", directory.path() + "/log");
  const Listener other;
  PeerAddress any_port = parse_peer_address("127.0.0.1:1");
  any_port.port = 0;
  Rounds rounds;
  PeerServer server(any_port, "a", std::chrono::milliseconds(6000), gate, memory, rounds, log);
  KnownGroup known;
  known.member = true;
  known.others.emplace("b", parse_peer_address("127.0.0.1:" + std::to_string(other.port)));
  server.know(known);
  BOOST_REQUIRE(other.hears());
  {
    const NoMemory none(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
    BOOST_TEST(NoMemory::failed());
  }
  // What had been sent before.
  char byte = 0;
  while (::recv(other.socket.get(), &byte, 1, MSG_DONTWAIT) > 0) {
  }
  BOOST_TEST(other.hears());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group

#endif
