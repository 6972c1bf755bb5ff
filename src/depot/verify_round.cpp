#include "depot/verify_round.h"

#include <utility>

namespace metaset::depot {

namespace {
constexpr std::chrono::seconds kKeepEvery{5};
}

RoundRun::RoundRun(VerifyStateFile& file, std::size_t begin, std::size_t count, NameOf name_of)
    : file_(file),
      count_(count),
      position_(begin),
      name_of_(std::move(name_of)),
      remembered_(file.state.damaged) {
  if (!file_.state.started) file_.state.started = now();
  keep(false);
}

void RoundRun::checked(std::size_t number, bool is_damaged) {
  ahead_.insert(number);
  while (ahead_.erase(position_) > 0) ++position_;
  checked_again(name_of_(number), is_damaged);
  if (std::chrono::steady_clock::now() - kept_ >= kKeepEvery) keep(false);
}

void RoundRun::checked_again(const std::string& name, bool is_damaged) {
  remembered_.erase(name);
  is_damaged ? void(file_.state.damaged.insert(name)) : void(file_.state.damaged.erase(name));
}

// That it cannot be kept, because the disk is full, must not hide what was found.
void RoundRun::keep(bool durable) {
  kept_ = std::chrono::steady_clock::now();
  file_.state.next = position_ == 0 || complete() ? "" : name_of_(position_);
  try {
    file_.save(durable);
    problem_.clear();
  } catch (const std::exception& error) {
    problem_ = error.what();
  }
}

VerifyRound RoundRun::finish() {
  VerifyState& state = file_.state;
  VerifyRound round;
  round.started = state.started.value_or(now());
  round.checked = position_;
  round.total = count_;
  round.complete = complete();
  round.known_damaged = remembered_.size();
  if (round.complete) {
    state.last = {round.started, now()};
    state.started.reset();
  }
  keep(true);
  round.last = state.last;
  round.problem = problem_;
  return round;
}

}  // namespace metaset::depot
