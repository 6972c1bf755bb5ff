// A progress line on a terminal: bar, numbers, rate, time left. Silent if standard error is none.
// Thread-safety: one thread. Errors: none; what cannot be shown is not.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/base/progress.h"

namespace metaset::app {

class Progress {
 public:
  Progress();
  ~Progress();  // removes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `bytes` of what is done, 0 if nobody counts them. A new `phase` starts its own clock.
  void update(std::string_view phase, std::uint64_t done, std::uint64_t total, std::uint64_t bytes);
  // That shows what it is told. The progress line has to outlive it.
  ProgressCallback callback();
  // What the line says; `seconds` since the phase began. Pure, for tests.
  static std::string line(std::string_view phase, std::uint64_t done, std::uint64_t total,
                          std::uint64_t bytes, double seconds, std::size_t width);

 private:
  using Clock = std::chrono::steady_clock;
  void erase();

  bool is_terminal_;
  bool shown_ = false;
  std::string phase_;
  Clock::time_point started_, drawn_;
};

}  // namespace metaset::app
