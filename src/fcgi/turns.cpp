#include "fcgi/turns.h"

#include <algorithm>
#include <utility>

namespace metaset::fcgi {
namespace {

constexpr std::uint64_t kIdle = 0;
constexpr std::uint64_t kBusy = 1;
constexpr std::uint64_t kLost = 2;
constexpr std::uint64_t kMask = 3;
constexpr std::uint64_t kRequest = 4;  // one more

// So many ticks in which nothing happened, and the watcher sleeps until something does.
constexpr int kQuietTicks = 8;

}  // namespace

Turns::Place::Place(Turns& turns) : turns_(turns) {
  const std::lock_guard lock(turns_.mutex_);
  turns_.places_.push_back(this);
}

Turns::Place::~Place() {
  const std::lock_guard lock(turns_.mutex_);
  turns_.places_.remove(this);
  if (has_turn_) turns_.hand_over();
}

bool Turns::Place::take(std::chrono::milliseconds limit) {
  return has_turn_ || turns_.park(*this, limit);
}

void Turns::Place::begin() {
  // Ordered before the look at dozing_, as the watcher does it the other way round: one of them
  // sees what the other did.
  state_.fetch_add(kRequest + kBusy, std::memory_order_seq_cst);
  if (turns_.dozing_.load(std::memory_order_seq_cst)) turns_.wake_watcher();
}

void Turns::Place::end() {
  const std::uint64_t state = state_.load(std::memory_order_relaxed);
  std::uint64_t expected = (state & ~kMask) | kBusy;
  if (state_.compare_exchange_strong(expected, (state & ~kMask) | kIdle)) return;
  // Who took the turn away held the lock, and may still hold it.
  const std::lock_guard lock(turns_.mutex_);
  state_ = (state & ~kMask) | kIdle;
  has_turn_ = false;
}

void Turns::Place::pass() {
  const std::lock_guard lock(turns_.mutex_);
  std::uint64_t state = state_;
  if (!has_turn_ || (state & kMask) != kBusy) return;
  state_ = (state & ~kMask) | kLost;
  turns_.hand_over();
}

void Turns::Place::give() {
  const std::lock_guard lock(turns_.mutex_);
  if (std::exchange(has_turn_, false)) turns_.hand_over();
}

Turns::Turns(unsigned count) : free_(std::max(count, 1U)) {}

Turns::~Turns() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    alarmed_.notify_one();
  }
  if (watcher_.joinable()) watcher_.join();
}

void Turns::start() {
  watcher_ = std::thread([this] { watch(); });
}

void Turns::look() {
  const std::lock_guard lock(mutex_);
  tick();
}

bool Turns::wanted() {
  const std::lock_guard lock(mutex_);
  return !parked_.empty();
}

void Turns::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  while (!parked_.empty()) hand_over();
}

// To the next that is parked, or to whoever comes.
void Turns::hand_over() {
  if (parked_.empty()) {
    ++free_;
    return;
  }
  Place* const next = parked_.back();
  parked_.pop_back();
  next->has_turn_ = true;
  next->given_.notify_one();
}

bool Turns::park(Place& place, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (closed_ || free_ > 0) {
    if (!closed_) --free_;
    return place.has_turn_ = true;
  }
  parked_.push_back(&place);
  const auto given = [&place] { return place.has_turn_; };
  if (limit.count() < 0) {
    place.given_.wait(lock, given);
  } else if (!place.given_.wait_for(lock, limit, given)) {
    std::erase(parked_, &place);
  }
  return place.has_turn_;
}

// Takes the turn from those that are busy with what they were busy with at the last tick, as long
// as another thread can use it. True if anything happened since then, or if there is one left to
// look after: who has lost its turn is not, however long its request takes.
bool Turns::tick() {
  bool active = false;
  for (Place* const place : places_) {
    std::uint64_t state = place->state_.load(std::memory_order_seq_cst);
    const bool busy = (state & kMask) == kBusy;
    active = active || busy || state != place->seen_;
    const bool stuck = busy && state == place->seen_;
    place->seen_ = state;
    if (stuck && !parked_.empty() &&
        place->state_.compare_exchange_strong(state, (state & ~kMask) | kLost)) {
      hand_over();
    }
  }
  return active;
}

void Turns::wake_watcher() {
  if (!dozing_.exchange(false)) return;
  const std::lock_guard lock(mutex_);
  alarm_ = true;
  alarmed_.notify_one();
}

void Turns::watch() {
  std::unique_lock lock(mutex_);
  for (int quiet = 0; !ended_;) {
    alarmed_.wait_for(lock, kTick, [this] { return ended_; });
    quiet = tick() ? 0 : quiet + 1;
    if (quiet < kQuietTicks) continue;
    alarm_ = false;
    dozing_.store(true, std::memory_order_seq_cst);
    // Whoever began before that did not wake us.
    if (!tick()) alarmed_.wait(lock, [this] { return ended_ || alarm_; });
    dozing_ = false;
    quiet = 0;
  }
}

}  // namespace metaset::fcgi
