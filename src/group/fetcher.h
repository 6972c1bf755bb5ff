// The thread of an agent that works on its repository: fetches metasets, makes them active.
//
// What is wanted last counts. What fails is tried again after a pause.
// Thread-safety: any thread. Errors: none; problem() has the last one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "metaset/base/log.h"
#include "metaset/base/progress.h"

namespace metaset::group {

// Brings the repository up to a metaset, without making it the active one. Returns when it is
// there; gives up soon after a stop was requested.
using FetchFunction = std::function<void(std::uint64_t metaset, const ProgressCallback& progress,
                                         const std::stop_token& stop)>;
// Makes it the active one, if it is not older than that.
using ActivateFunction = std::function<void(std::uint64_t metaset)>;

class Fetcher {
 public:
  // `on_change`: after something was done, or failed. Called by the thread.
  Fetcher(FetchFunction fetch, ActivateFunction activate, std::function<void()> on_change,
          const Logger& log);
  ~Fetcher();  // stops and waits
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // 0: nothing. What is under way for another metaset is given up.
  void fetch(std::uint64_t metaset);
  void activate(std::uint64_t metaset);

  struct State {
    std::uint64_t done = 0, all = 0;  // of the phase that is under way
    std::string problem;              // empty: none
  };
  State state() const;

 private:
  void run(std::stop_token stop);
  bool work(const std::stop_token& stop);
  void note_progress(const PhaseProgress& now);

  const FetchFunction fetch_;
  const ActivateFunction activate_;
  const std::function<void()> on_change_;
  const Logger& log_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::uint64_t wanted_ = 0, fetched_ = 0, fetching_ = 0;
  std::stop_source give_up_;  // of what is being fetched
  std::uint64_t to_activate_ = 0, activated_ = 0;
  State state_;
  std::jthread thread_;
};

}  // namespace metaset::group
