// The Authorization field of a request (RFC 7617, RFC 6750). Private to this directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace metaset::http {

struct Credentials {
  bool basic = false;
  std::string user;    // only of Basic
  std::string secret;  // the password, or the bearer's token
};

// nullopt for an absent field, another scheme, or one that breaks its grammar.
std::optional<Credentials> parse_credentials(std::string_view authorization);

}  // namespace metaset::http
