// What the query string of a request says, checked. Private to this directory. Thread-safety: pure.
// Errors: kInvalid, which names the parameter and the rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/http/exchange.h"
#include "metaset/web/pages.h"

namespace metaset::http {

struct NumberRange {
  std::uint64_t least = 0, most = 0;
};
// `otherwise` if the parameter is not there.
std::uint64_t number_in_query(const Exchange& exchange, std::string_view name,
                              std::uint64_t otherwise, NumberRange range);

// Empty if the parameter is not there.
inline constexpr std::size_t kMostQueryText = 255;  // bytes
std::string text_in_query(const Exchange& exchange, std::string_view name,
                          std::size_t most = kMostQueryText);

// Which packages are asked for ("under", "class", "q", "versions"), on pages and in JSON alike;
// which part of them is the caller's.
depot::BrowseQuery packages_in_query(const Exchange& exchange);
// The same of a search ("q", of at most `most` bytes, "for", "case").
web::FindQuery search_in_query(const Exchange& exchange, std::size_t most);

}  // namespace metaset::http
