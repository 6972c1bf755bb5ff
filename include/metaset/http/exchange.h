// All that a handler sees of one request, and what it may keep from one request to the next.
// Thread-safety: one thread.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "metaset/base/log.h"
#include "metaset/http/config.h"
#include "metaset/http/request.h"
#include "metaset/http/response.h"
#include "metaset/http/target.h"
#include "metaset/metrics/counters.h"

namespace metaset::http {

struct Exchange;
struct Route;

// What a program offers: metaset-serve retrieves; metaset-publish does both, because clients fetch
// from the origin that they publish to.
enum class Role { kRetrieve, kPublish };

// What one worker thread keeps between requests: open repositories, a read transaction. The program
// derives its own; handlers get it back with state_as().
class ThreadState {
 public:
  ThreadState() = default;
  virtual ~ThreadState() = default;
  ThreadState(const ThreadState&) = delete;
  ThreadState& operator=(const ThreadState&) = delete;

  // Asked before the handler of an operation below a publisher prefix (protocol/http.md
  // section 1.4).
  virtual bool knows_publisher(const Exchange& exchange, std::string_view publisher) = 0;
  // The response is complete and about to be written to a peer that may be slow: let go of
  // transactions. Called after every request, also after failed ones.
  virtual void end_request() noexcept = 0;
  // Where requests of the location are counted; null if they are not. Lives until the next call.
  virtual metrics::Counters* counters(const Config&, const Logger&,
                                      std::chrono::steady_clock::time_point) {
    return nullptr;
  }
  // The answer was handed to the web server, or could not be.
  virtual void after_reply() noexcept {}
};

struct Exchange {
  Request& request;
  const Target& target;
  const Config& config;
  const Route& route;
  Response& response;
  ThreadState& state;
  const Logger& log;
  std::span<const Route> table;
  Role role;

  template <typename State>
  State& state_as() const {
    return static_cast<State&>(state);
  }
};

}  // namespace metaset::http
