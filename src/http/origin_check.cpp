#include "http/origin_check.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace metaset::http {
namespace {

constexpr std::array kProxyFields = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
                                     "X-Real-IP", "Via"};

bool is_loopback_v6(const in6_addr& address) {
  return IN6_IS_ADDR_LOOPBACK(&address) ||
         (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

bool is_loopback(std::string_view text) {
  const std::string address(text);
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && is_loopback_v6(v6);
}

// "localhost:8080" -> "localhost", "[::1]:8080" -> "::1"
std::string_view host_name(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

bool is_local_host(std::string_view authority) {
  const std::string_view name = host_name(authority);
  return name == "localhost" || is_loopback(name);
}

}  // namespace

bool is_local(const Request& request) {
  const std::string_view host = request.header("Host");
  return comes_from_here(request) && is_loopback(request.param("SERVER_ADDR")) &&
         (host.empty() || is_local_host(host));
}

bool comes_from_here(const Request& request) {
  return is_loopback(request.param("REMOTE_ADDR")) &&
         std::ranges::all_of(kProxyFields,
                             [&](const char* name) { return request.header(name).empty(); });
}

bool is_cross_site(const Request& request) {
  const std::string_view site = request.header("Sec-Fetch-Site");
  if (!site.empty()) return site != "none" && site != "same-origin";
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return false;
  const std::size_t slashes = origin.find("://");
  return slashes == std::string_view::npos || origin.substr(slashes + 3) != request.header("Host");
}

}  // namespace metaset::http
