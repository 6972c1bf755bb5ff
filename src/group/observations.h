// What the agent has seen of the group, and since when by its own clock.
//
// Silence counts only while etcd was heard without a break: a member whose heartbeats could not be
// seen has not been silent. Thread-safety: one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/group/rules.h"

namespace metaset::group {

class Observations {
 public:
  // What it shows may be as young as the answer, and lasts as far as anybody knows until the
  // question.
  void see(const GroupSnapshot& snapshot, BootTime asked, BootTime answered);

  std::int64_t silent_ms(std::string_view member) const;
  // How long the rollout has been in its phase.
  std::int64_t phase_ms() const { return (asked_ - phase_since_) / kMillisecond; }
  // How long ago the rollout was first seen to hold; nullopt: it was not.
  std::optional<std::int64_t> since_hold_ms(const RolloutRecord& rollout, BootTime now) const;
  // Whether the last switch is longer ago than a client memory lasts.
  bool settled(const CurrentMetaset& current) const;
  // The addresses of members that once said so.
  const std::map<std::string, PeerAddress, std::less<>>& addresses() const { return addresses_; }

 private:
  struct Silence {
    std::int64_t revision = 0;
    BootTime since = 0;
  };
  BootTime asked_ = 0;
  std::map<std::string, Silence, std::less<>> silences_;
  std::map<std::string, PeerAddress, std::less<>> addresses_;
  std::string phase_;
  BootTime phase_since_ = 0;
  std::string held_;
  BootTime held_since_ = 0;
  std::int64_t current_revision_ = 0;
  BootTime current_since_ = 0;
};

}  // namespace metaset::group
