// The ports of `metaset serve`. Thread-safety: re-entrant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/fcgi/listener.h"

namespace metaset::app {

// `address` is a numeric one, IPv6 with or without brackets; port 0 takes any free one. `option`
// is how the port is chosen, for the message. kExists if it is taken, kUsage for no address.
fcgi::Listener listen_on(const std::string& address, std::uint16_t port, std::string_view option);

// The same, for a program that opens the port itself: nobody can connect before that, nor be given
// the port.
fcgi::Listener reserve(const std::string& address, std::uint16_t port, std::string_view option);

// True if only this machine can connect to the numeric address.
bool is_loopback(std::string_view address);

}  // namespace metaset::app
