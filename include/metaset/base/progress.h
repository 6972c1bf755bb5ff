// How far something is that takes a while: told phase by phase to whoever wants to show it.
//
// Thread-safety: a ProgressPhase belongs to one thread at a time. Errors: those of the callback.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

namespace metaset {

struct PhaseProgress {
  std::string_view phase;             // "catalogs", "manifests", "payloads", ...
  std::uint64_t done = 0, total = 0;  // things of the phase
  std::uint64_t bytes = 0;            // of those done
};
// Called at the start of every phase and after each thing, by one thread at a time, but not always
// by the same one. May be empty. Who takes one says if it may throw; else it must not.
using ProgressCallback = std::function<void(const PhaseProgress& now)>;

// Tells the callback, which has to outlive it, of one phase.
class ProgressPhase {
 public:
  ProgressPhase(const ProgressCallback& callback, std::string_view phase, std::uint64_t total)
      : callback_(callback), state_{phase, 0, total, 0} {
    tell();
  }
  // One more thing is done. Things that were not counted before only add their bytes.
  void step(std::uint64_t bytes = 0) {
    state_.done = std::min(state_.done + 1, state_.total);
    state_.bytes += bytes;
    tell();
  }

 private:
  void tell() const {
    if (callback_) callback_(state_);
  }
  const ProgressCallback& callback_;
  PhaseProgress state_;
};

}  // namespace metaset
