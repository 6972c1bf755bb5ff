// A dispatcher over a small table, with handlers that a test sets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "metaset/base/file.h"
#include "metaset/base/log.h"
#include "metaset/http/dispatch.h"

#include "fake_gateway.h"

namespace metaset::http {

struct FakeState : ThreadState {
  bool knows_publisher(const Exchange&, std::string_view publisher) override {
    return publisher == "known";
  }
  void end_request() noexcept override { ++ended; }
  metrics::Counters* counters(const Config& config, const Logger&,
                              std::chrono::steady_clock::time_point) override {
    return config.metrics.empty() ? nullptr : counting.get();
  }

  std::function<void(Exchange&)> work = [](Exchange&) {};
  int ended = 0;
  std::unique_ptr<metrics::Counters> counting;  // where METASET_METRICS is set
};

inline void run_work(Exchange& exchange) { exchange.state_as<FakeState>().work(exchange); }

inline const std::vector<Route>& fake_table() {
  constexpr unsigned kAll = kDefaultMode | kReadonlyMode | kMirrorMode;
  constexpr unsigned kFetch = kGet | kHead;
  static const std::vector<Route> table = {
      {"catalog", "1", kFetch, 0, kDefaultMode | kReadonlyMode, Prefix::kKnown, kNoViews,
       Cache::kRevalidate, run_work, nullptr},
      {"feed", "", kFetch, 0, kAll, Prefix::kKnown, kNoViews, Cache::kNever, run_work, nullptr},
      {"file", "1", kFetch, kPost | kPut, kAll, Prefix::kKnown, kPastViews | kStagedViews,
       Cache::kImmutable, run_work, run_work},
      {"open", "0", 0, kGet, kDefaultMode, Prefix::kAny, kNoViews, Cache::kNever, nullptr,
       run_work},
      {"search", "1", kFetch | kPost, 0, kAll, Prefix::kKnown, kNoViews, Cache::kSearch, run_work,
       nullptr},
      {"status", "0", kFetch, 0, kAll, Prefix::kKnown, kNoViews, Cache::kBrief, nullptr, nullptr},
  };
  return table;
}

class DispatcherFixture {
 public:
  using Work = std::function<void(Exchange&)>;

  explicit DispatcherFixture(Role role = Role::kRetrieve)
      : log_file_(open_file(directory_.path() + "/log", O_CREAT | O_RDWR)),
        log_(log_file_.get(), "test"),
        dispatcher_(fake_table(), pages(), role, own_state(), log_) {}

  // Returns the gateway after the answer. `environment` replaces the defaults.
  FakeGateway& ask(const std::string& uri, Environment environment = {}, std::string body = {}) {
    environment.try_emplace("REQUEST_METHOD", "GET");
    environment.try_emplace("REQUEST_URI", uri);
    environment.try_emplace("METASET_ROOT", directory_.path());
    gateway_ = std::make_unique<FakeGateway>(environment, std::move(body));
    dispatcher_.handle(*gateway_);
    return *gateway_;
  }
  void work(Work work) { state_->work = std::move(work); }
  FakeState& state() { return *state_; }
  Dispatcher& dispatcher() { return dispatcher_; }
  std::string log() const { return read_file(directory_.path() + "/log", 1 << 20); }
  const std::string& root() const { return directory_.path(); }

 private:
  static const Route& pages() {
    static const Route route = {"",           "",       kGet | kHead,  0,        7,
                                Prefix::kAny, kNoViews, Cache::kNever, run_work, nullptr};
    return route;
  }
  std::unique_ptr<ThreadState> own_state() {
    auto state = std::make_unique<FakeState>();
    state_ = state.get();
    return state;
  }

  TemporaryDirectory directory_;
  Fd log_file_;
  Logger log_;
  FakeState* state_ = nullptr;
  Dispatcher dispatcher_;
  std::unique_ptr<FakeGateway> gateway_;
};

}  // namespace metaset::http
