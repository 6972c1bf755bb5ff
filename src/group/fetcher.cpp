#include "group/fetcher.h"

#include <exception>
#include <utility>

#include "metaset/base/priority.h"

namespace metaset::group {
namespace {

constexpr std::chrono::seconds kPauseAfterFailure{2};

}  // namespace

Fetcher::Fetcher(FetchFunction fetch, ActivateFunction activate, std::function<void()> on_change,
                 const Logger& log)
    : fetch_(std::move(fetch)),
      activate_(std::move(activate)),
      on_change_(std::move(on_change)),
      log_(log) {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

Fetcher::~Fetcher() = default;

void Fetcher::fetch(std::uint64_t metaset) {
  const std::lock_guard lock(mutex_);
  if (fetching_ != 0 && fetching_ != metaset) give_up_.request_stop();
  if (metaset == wanted_ && metaset != fetched_) return;
  if (metaset == 0) state_.problem.clear();
  wanted_ = metaset;
  fetched_ = 0;
  wake_.notify_all();
}

void Fetcher::activate(std::uint64_t metaset) {
  const std::lock_guard lock(mutex_);
  to_activate_ = metaset;
  wake_.notify_all();
}

Fetcher::State Fetcher::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Fetcher::note_progress(const PhaseProgress& now) {
  const std::lock_guard lock(mutex_);
  state_.done = now.done;
  state_.all = now.total;
}

// One failing does not keep the other from being done. False if something failed.
bool Fetcher::work(const std::stop_token& stop) {
  std::uint64_t fetch = 0, activate = 0;
  {
    const std::lock_guard lock(mutex_);
    activate = to_activate_ == activated_ ? 0 : to_activate_;
    fetch = wanted_ == fetched_ ? 0 : wanted_;
    fetching_ = fetch;
    give_up_ = std::stop_source();
  }
  const std::stop_callback all_stops(stop, [this] { give_up_.request_stop(); });
  std::string problem;
  const auto attempt = [&](std::uint64_t metaset, const auto& what) {
    if (metaset == 0) return false;
    try {
      what();
      return true;
    } catch (const std::exception& error) {
      problem = error.what();
      return false;
    }
  };
  const bool active = attempt(activate, [&] { activate_(activate); });
  const bool fetched = attempt(fetch, [&] {
    fetch_(
        fetch, [this](const PhaseProgress& now) { note_progress(now); }, stop);
  });
  if (stop.stop_requested()) return true;
  {
    const std::lock_guard lock(mutex_);
    fetching_ = 0;
    if (wanted_ != fetch && !fetched && fetch != 0) problem.clear();  // it was given up
    if (active) activated_ = activate;
    if (fetched && fetch == wanted_) fetched_ = fetch;
    if (problem != state_.problem && !problem.empty()) log_.error(problem);
    state_ = {0, 0, problem};
  }
  on_change_();
  return problem.empty();
}

void Fetcher::run(std::stop_token stop) {
  lower_priority();  // clients first, also by the threads that fetch
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return wanted_ != fetched_ || to_activate_ != activated_; });
    }
    if (stop.stop_requested() || work(stop)) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kPauseAfterFailure, [] { return false; });
  }
}

}  // namespace metaset::group
