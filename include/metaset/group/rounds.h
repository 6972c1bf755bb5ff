// Whether the loops of an agent that nothing works without still go round: for a watchdog.
//
// They are the one that acts on the state of the group, the one that writes heartbeats and the one
// that answers datagrams. The watch of etcd is none of them: without it the state is read now and
// then; nor is the fetching of metasets, which may wait for hours, with limits of its own.
// Thread-safety: any thread; one asks. Errors: none.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>

namespace metaset::group {

class Rounds {
 public:
  enum class Loop { kGroup, kHeartbeats, kDatagrams };

  void went_round(Loop loop) noexcept { went_[static_cast<std::size_t>(loop)] = true; }
  // True if each of them has gone round since this was true the last time.
  bool all_went_round() noexcept {
    if (!std::ranges::all_of(went_, [](const auto& one) { return one.load(); })) return false;
    for (auto& one : went_) one = false;
    return true;
  }

 private:
  std::array<std::atomic<bool>, 3> went_{};
};

}  // namespace metaset::group
