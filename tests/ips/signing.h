// Signatures for catalog files made up by tests.
#pragma once

#include <string>
#include <string_view>

#include "metaset/base/hash.h"

namespace metaset::ips::testing {

// The object with the signature that its text has.
inline std::string sign(std::string_view object) {
  std::string content(object);
  const std::string hash = to_hex(sha1_of(content + '\n'));
  content.pop_back();
  return content + (content.size() > 1 ? "," : "") + R"("_SIGNATURE":{"sha-1":")" + hash + "\"}}\n";
}

}  // namespace metaset::ips::testing
