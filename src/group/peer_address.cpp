#include "metaset/group/peer_address.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "metaset/base/error.h"

namespace metaset::group {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Error bad_address(std::string_view text) {
  return Error(Code::kInvalid, fmt::format("'{}': ADDRESS:PORT is needed, such as 192.0.2.1:7000 "
                                           "or [2001:db8::1]:7000",
                                           text));
}

}  // namespace

bool PeerAddress::is_v4() const {
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

std::string PeerAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (is_v4()) {
    ::inet_ntop(AF_INET, address.data() + kMapped.size(), host.data(), host.size());
    return fmt::format("{}:{}", host.data(), port);
  }
  ::inet_ntop(AF_INET6, address.data(), host.data(), host.size());
  return fmt::format("[{}]:{}", host.data(), port);
}

PeerAddress parse_peer_address(std::string_view text) {
  PeerAddress peer;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) throw bad_address(text);
  std::string host(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), peer.port);
  if (error != std::errc{} || end != port.data() + port.size() || peer.port == 0) {
    throw bad_address(text);
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, host.c_str(), peer.address.data()) == 1) return peer;
  } else {
    std::copy(kMapped.begin(), kMapped.end(), peer.address.begin());
    if (::inet_pton(AF_INET, host.c_str(), peer.address.data() + kMapped.size()) == 1) return peer;
  }
  throw bad_address(text);
}

socklen_t to_socket_address(const PeerAddress& peer, int family, sockaddr_storage& out) {
  out = {};
  if (family == AF_INET) {
    if (!peer.is_v4()) return 0;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(peer.port);
    std::memcpy(&address.sin_addr, peer.address.data() + kMapped.size(), 4);
    std::memcpy(&out, &address, sizeof(address));
    return sizeof(address);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(peer.port);
  std::memcpy(&address.sin6_addr, peer.address.data(), peer.address.size());
  std::memcpy(&out, &address, sizeof(address));
  return sizeof(address);
}

std::optional<PeerAddress> from_socket_address(const sockaddr_storage& from) {
  PeerAddress peer;
  if (from.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &from, sizeof(address));
    peer.port = ntohs(address.sin_port);
    std::copy(kMapped.begin(), kMapped.end(), peer.address.begin());
    std::memcpy(peer.address.data() + kMapped.size(), &address.sin_addr, 4);
    return peer;
  }
  if (from.ss_family != AF_INET6) return std::nullopt;
  sockaddr_in6 address{};
  std::memcpy(&address, &from, sizeof(address));
  peer.port = ntohs(address.sin6_port);
  std::memcpy(peer.address.data(), &address.sin6_addr, peer.address.size());
  return peer;
}

}  // namespace metaset::group
