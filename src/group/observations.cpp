#include "group/observations.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/group/client_memory.h"

namespace metaset::group {
namespace {

// Without a snapshot for so long, heartbeats may have been missed.
constexpr BootTime kBreak = 2 * kSecond;
// How far clocks of members may be apart before what they wrote down counts for something.
constexpr std::int64_t kClockTolerance = 30'000;  // ms

std::int64_t ms_since(std::string_view time) {
  const auto then = parse_iso_timestamp(time);
  return then ? (metaset::now().micros - then->micros) / 1000 : 0;
}

}  // namespace

void Observations::see(const GroupSnapshot& snapshot, BootTime asked, BootTime answered) {
  if (answered - asked_ > kBreak) silences_.clear();
  asked_ = asked;
  if (snapshot.config) {
    for (const auto& [name, membership] : snapshot.config->members) {
      const auto member = snapshot.members.find(name);
      const std::int64_t revision =
          member == snapshot.members.end() ? 0 : member->second.mod_revision;
      const auto [place, first] = silences_.try_emplace(name);
      if (first || place->second.revision != revision) place->second = {revision, answered};
    }
  }
  for (const auto& [name, member] : snapshot.members) {
    try {
      addresses_[name] = parse_peer_address(member.record.address);
    } catch (const Error&) {
      // It cannot be told anything; so it is asked in vain, which is safe.
    }
  }
  std::string phase;
  if (snapshot.rollout) {
    phase = fmt::format("{} {}", snapshot.rollout->id, phase_name(snapshot.rollout->phase));
    if (snapshot.holds() && held_ != snapshot.rollout->id) {
      held_ = snapshot.rollout->id;
      held_since_ = answered;
    }
  }
  if (phase != phase_) phase_since_ = answered;
  phase_ = phase;
  if (snapshot.current_revision != current_revision_) {
    current_revision_ = snapshot.current_revision;
    current_since_ = answered;
  }
}

std::int64_t Observations::silent_ms(std::string_view member) const {
  const auto place = silences_.find(member);
  return place == silences_.end() ? 0 : (asked_ - place->second.since) / kMillisecond;
}

std::optional<std::int64_t> Observations::since_hold_ms(const RolloutRecord& rollout,
                                                        BootTime now) const {
  if (held_ != rollout.id) return std::nullopt;
  return (now - held_since_) / kMillisecond;
}

bool Observations::settled(const CurrentMetaset& current) const {
  constexpr std::int64_t kLife = kMemoryLife / kMillisecond;
  if (current.rollout.empty()) return true;  // nothing was ever switched
  return (asked_ - current_since_) / kMillisecond > kLife ||
         ms_since(current.time) > kLife + kClockTolerance;
}

}  // namespace metaset::group
