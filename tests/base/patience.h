// What tests ask of clocks: whether something happens at all, on the busiest machine. How quick it
// is, benchmarks say.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace metaset {

// How long a test waits for what comes by itself: long enough to say that something is stuck.
constexpr std::chrono::milliseconds kSoon{20'000};

// False if it does not become true.
template <typename Probe>
bool becomes(const Probe& probe) {
  const auto deadline = std::chrono::steady_clock::now() + kSoon;
  while (!probe()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Of five times that a round tells: a busy machine delays some of them, what is wrong delays all.
template <typename Round>
std::chrono::steady_clock::duration quickest(const Round& round) {
  auto least = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 5; ++i) least = std::min(least, round());
  return least;
}

}  // namespace metaset
