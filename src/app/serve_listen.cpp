#include "serve_listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "metaset/base/error.h"

namespace metaset::app {
namespace {

std::string listen_address(const std::string& address, std::uint16_t port) {
  const bool bare_v6 = address.find(':') != std::string::npos && !address.starts_with('[');
  return fmt::format("{}:{}", bare_v6 ? "[" + address + "]" : address, port);
}

template <typename Open>
fcgi::Listener take(const std::string& address, std::uint16_t port, std::string_view option,
                    Open open) {
  try {
    return open(listen_address(address, port));
  } catch (const Error& error) {
    if (error.code() != Code::kExists) throw;
    throw Error(Code::kExists, fmt::format("port {} of {} is taken by another process: choose one "
                                           "with {}, or {} 0 for any that is free",
                                           port, address, option, option));
  }
}

}  // namespace

fcgi::Listener listen_on(const std::string& address, std::uint16_t port, std::string_view option) {
  return take(address, port, option,
              [](const std::string& text) { return fcgi::Listener::open(text, 0600); });
}

fcgi::Listener reserve(const std::string& address, std::uint16_t port, std::string_view option) {
  return take(address, port, option, fcgi::Listener::reserve);
}

bool is_loopback(std::string_view address) {
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  const std::string text(address);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace metaset::app
