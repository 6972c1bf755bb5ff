// Where the agent of another member is reached: an IP address and a UDP port.
//
//   address = IPv4 ":" port | "[" IPv6 "]" ":" port
//
// Names are not looked up: an address is what is in every datagram, and must not wait for anybody.
// Thread-safety: values. Errors: kInvalid naming the text and the rule.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace metaset::group {

struct PeerAddress {
  std::array<std::uint8_t, 16> address{};  // IPv4: ::ffff:a.b.c.d
  std::uint16_t port = 0;
  auto operator<=>(const PeerAddress&) const = default;

  bool is_v4() const;
  std::string text() const;
};

PeerAddress parse_peer_address(std::string_view text);
// The socket address for a socket of AF_INET6 that takes IPv4 too (IPV6_V6ONLY off), or, if
// `family` is AF_INET, for one of that; returns its length, 0 if the family cannot say it.
socklen_t to_socket_address(const PeerAddress& peer, int family, sockaddr_storage& out);
// nullopt for other families.
std::optional<PeerAddress> from_socket_address(const sockaddr_storage& address);

}  // namespace metaset::group
