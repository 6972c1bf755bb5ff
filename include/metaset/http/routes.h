// The shape of the table of the HTTP interface; the table itself is src/http/routes.cpp.
// Thread-safety: constant data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/http/config.h"
#include "metaset/http/exchange.h"
#include "metaset/http/request.h"
#include "metaset/http/response.h"

namespace metaset::http {

using HandlerFunction = void (*)(Exchange&);

// What is for build systems, not for package tools: in JSON, its errors too.
inline constexpr std::string_view kApiOperation = "api";
// The operations that have no version.
inline constexpr std::string_view kFeedOperation = "feed";
inline constexpr std::string_view kHealthOperation = "healthz";
inline constexpr std::string_view kMetricsOperation = "metrics";
inline constexpr bool has_version(std::string_view operation) {
  return operation != kFeedOperation && operation != kHealthOperation &&
         operation != kMetricsOperation;
}

// How an operation treats the publisher prefix.
enum class Prefix {
  kKnown,  // 400 if the publisher is not known
  kAny,    // the handler decides (open creates publishers)
};

// Below which views an operation answers, and how much of the view it needs. Bits.
enum Views : unsigned {
  kNoViews = 0,
  kPastViews = 1,    // below /metaset/...
  kStagedViews = 2,  // below /staging/...
  kWholeView = 4,    // the answer depends on which packages the view has
};

struct Route {
  std::string_view operation;
  std::string_view version;  // empty: the operation has none
  unsigned read;             // methods of `handler`
  unsigned write;            // methods of `write_handler`: they need a location that publishes
  unsigned modes;
  Prefix prefix;
  unsigned views;
  Cache cache;
  HandlerFunction handler;        // null: not offered
  HandlerFunction write_handler;  // null: no upload
};

// The whole interface, operations in alphabetical order, versions ascending.
std::span<const Route> routes();
// What answers every path that is no operation.
const Route& page_route();
// True for the words that name an operation: a publisher prefix cannot be one of them.
bool is_operation_word(std::string_view word);

// True if uploads and the other publication operations may be offered at all.
bool publishes(const Config& config, Role role);
// True if the location offers the route.
bool is_offered(const Route& route, const Config& config, Role role);
// What requests are counted as: the routes, "pages", and "none" for those that no route answered.
std::vector<std::string> operation_names(std::span<const Route> table);
// The body of versions/0.
std::string versions_text(std::span<const Route> table, const Config& config, Role role);

}  // namespace metaset::http
