#include "metaset/group/peer_message.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"
#include "metaset/group/peer_address.h"

namespace metaset::group {
namespace {

Secret any_secret() { return *rc::gen::arbitrary<Secret>(); }

PeerMessage any_message() {
  PeerMessage message;
  message.kind = *rc::gen::element(PeerKind::kAnnounce, PeerKind::kAcknowledge, PeerKind::kAsk,
                                   PeerKind::kPromise, PeerKind::kGiven);
  message.sender = *rc::gen::arbitrary<std::string>();
  message.sender.resize(std::min(message.sender.size(), kMaxSender));
  message.nonce = *rc::gen::arbitrary<std::uint64_t>();
  message.key = *rc::gen::arbitrary<std::uint64_t>();
  message.metaset = *rc::gen::arbitrary<std::uint64_t>();
  message.millis = *rc::gen::arbitrary<std::uint32_t>();
  message.config = *rc::gen::arbitrary<std::uint64_t>();
  return message;
}

BOOST_AUTO_TEST_SUITE(peer_message_suite)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  BOOST_TEST(rc::check([] {
    const PeerMessage message = any_message();
    const Secret secret = any_secret();
    const std::string text = encode(message, secret);
    RC_ASSERT(text.size() <= kMaxPeerMessage);
    RC_ASSERT(decode(text, secret) == message);
  }));
}

BOOST_AUTO_TEST_CASE(one_bit_makes_it_nothing) {
  BOOST_TEST(rc::check([] {
    const Secret secret = any_secret();
    std::string text = encode(any_message(), secret);
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = static_cast<char>(text[at] ^ (1 << *rc::gen::inRange(0, 8)));
    RC_ASSERT(!decode(text, secret));
  }));
}

BOOST_AUTO_TEST_CASE(other_lengths_and_secrets_are_nothing) {
  BOOST_TEST(rc::check([] {
    const Secret secret = any_secret();
    const std::string text = encode(any_message(), secret);
    Secret other = secret;
    other[0] ^= 1;
    RC_ASSERT(!decode(text, other));
    RC_ASSERT(!decode(text + 'x', secret));
    RC_ASSERT(!decode(text.substr(0, *rc::gen::inRange<std::size_t>(0, text.size())), secret));
  }));
}

BOOST_AUTO_TEST_CASE(the_format_stays_what_it_is) {
  Secret secret{};
  const std::string text = encode({PeerKind::kAnnounce, "ab", 1, 0x0203, 4, 5, 6}, secret);
  BOOST_TEST(text.substr(0, 8) == std::string("MSP1\x01\x02"
                                              "ab"));
  BOOST_TEST(text.size() == 60U);
  BOOST_TEST(text.substr(16, 2) == "\x03\x02");
}

BOOST_AUTO_TEST_CASE(names_are_bounded) {
  PeerMessage message;
  message.sender.assign(kMaxSender + 1, 'x');
  BOOST_CHECK_THROW(encode(message, {}), Error);
}

BOOST_AUTO_TEST_CASE(addresses) {
  for (const char* text : {"127.0.0.1:7000", "[::1]:1", "[2001:db8::1]:65535"}) {
    const PeerAddress peer = parse_peer_address(text);
    BOOST_TEST(peer.text() == text);
    sockaddr_storage address{};
    BOOST_TEST(to_socket_address(peer, AF_INET6, address) != 0U);
    BOOST_TEST((from_socket_address(address) == peer));
    const socklen_t length = to_socket_address(peer, AF_INET, address);
    BOOST_TEST((length != 0) == peer.is_v4());
    if (length != 0) BOOST_TEST((from_socket_address(address) == peer));
  }
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
                           "::1:80", "[::1]", "host:80", "127.0.0.1:80x", "[127.0.0.1]:80"}) {
    BOOST_CHECK_THROW(parse_peer_address(text), Error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
