// What the query string of a request says, checked. Private to this directory. Thread-safety: pure.
// Errors: kInvalid, which names the parameter and the rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/http/exchange.h"

namespace metaset::http {

struct NumberRange {
  std::uint64_t least = 0, most = 0;
};
// `otherwise` if the parameter is not there.
std::uint64_t number_in_query(const Exchange& exchange, std::string_view name,
                              std::uint64_t otherwise, NumberRange range);

// At most 255 bytes; empty if the parameter is not there.
std::string text_in_query(const Exchange& exchange, std::string_view name);

}  // namespace metaset::http
