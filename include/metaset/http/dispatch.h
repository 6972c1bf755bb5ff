// From a request to its answer: parse, check in the order of protocol/http.md section 1.4, call the
// handler, turn failures into statuses, send. One Dispatcher per worker thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "metaset/base/error.h"
#include "metaset/base/log.h"
#include "metaset/http/config.h"
#include "metaset/http/error_page.h"
#include "metaset/http/exchange.h"
#include "metaset/http/gateway.h"
#include "metaset/http/routes.h"
#include "metaset/http/target.h"

namespace metaset::http {

// The status of a failure. Publication never answers 404: old clients read it as "operation not
// supported" (protocol/http.md section 3).
int status_of(Code code, bool publication);

class Dispatcher : public Handler {
 public:
  // The logger must outlive the dispatcher. `pages` answers every path that is no operation.
  Dispatcher(std::span<const Route> table, const Route& pages, Role role,
             std::unique_ptr<ThreadState> state, const Logger& log);

  void handle(Gateway& gateway) noexcept override;
  void finished() noexcept override { state_->after_reply(); }

 private:
  // What is known of the request under way, also when it fails.
  struct Call {
    Call(Gateway& gateway, const Logger& program)
        : request(gateway),
          log(program.with_request(request[Param::kRequestId].substr(0, kMaxRequestId))) {}
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    Request request;
    Logger log;
    Response response;
    const Config* config = nullptr;
    const Route* route = nullptr;
    metrics::Counters* counters = nullptr;
    metrics::Finished finished;  // its bytes, as they become known
    Cache cache = Cache::kNone;
    bool misconfigured = false;  // it is the location's parameters that failed
    bool writes = false;         // a publication operation
  };
  void serve(Call& call, Gateway& gateway) noexcept;
  void count(Call& call) const noexcept;
  static void log_broken(const Call& call, Level level, const char* why) noexcept;
  template <typename Step>
  void attempt(Call& call, Step step);
  // False: the answer has left already, while it was made.
  bool prepare(Call& call);
  void answer(Call& call);
  bool stream(Call& call, const StreamBody& body);
  const Route& choose(Call& call) const;
  const Route& check_method(Call& call, const Route& route) const;
  bool is_api() const { return target_.operation() == kApiOperation; }
  void check_view(const Call& call, const Exchange& exchange) const;
  Cache cache_of_view(Cache cache) const;
  void check_prefix(const Exchange& exchange) const;
  void fail(Call& call, int status, std::string_view message) const;
  void report(Call& call, int status, std::string_view what, std::string_view message);

  std::span<const Route> table_;
  const Route& pages_;
  Role role_;
  std::unique_ptr<ThreadState> state_;
  const Logger& log_;
  ConfigCache configs_;
  Target target_;
};

}  // namespace metaset::http
