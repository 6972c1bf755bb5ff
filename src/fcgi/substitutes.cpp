#include "fcgi/substitutes.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace metaset::fcgi {

Substitutes::Substitutes(unsigned limit, std::function<void(Member&)> work,
                         std::function<void()> settled, const Logger& log)
    : limit_(limit), work_(std::move(work)), settled_(std::move(settled)), log_(log) {}

void Substitutes::begin_waiting() noexcept {
  const std::lock_guard lock(mutex_);
  ++waiting_;
  if (closed_ || count_ >= std::min(waiting_, limit_)) return;
  try {
    start();
  } catch (const std::exception& error) {
    // The next that waits tries again.
    log_.try_log(Level::kWarning, "no thread for other requests while one waits", error.what());
  }
}

// The signals that the calling thread blocks are blocked in the new one.
void Substitutes::start() {
  Member& member = members_.emplace_back();
  try {
    member.thread = std::thread([this, &member] {
      work_(member);
      const std::lock_guard lock(mutex_);
      if (std::exchange(member.counts, false)) --count_;
      member.ended = true;
      ended_.notify_all();
    });
  } catch (...) {
    members_.pop_back();
    throw;
  }
  member.counts = true;
  ++count_;
}

void Substitutes::end_waiting() noexcept {
  const std::lock_guard lock(mutex_);
  --waiting_;
  needed_ = Clock::now();
  if (stopping_) settle();
}

bool Substitutes::dismiss(Member& self) noexcept {
  const std::lock_guard lock(mutex_);
  if (stopping_ || count_ <= waiting_ || Clock::now() - needed_ < kStay) return false;
  self.counts = false;
  --count_;
  return true;
}

void Substitutes::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  settle();
}

void Substitutes::settle() {
  if (closed_ || waiting_ > 0) return;
  closed_ = true;
  settled_();
}

bool Substitutes::wait_until(Clock::time_point deadline) {
  std::list<Member> gone;
  bool all = false;
  {
    std::unique_lock lock(mutex_);
    all = ended_.wait_until(lock, deadline, [this] {
      return std::ranges::all_of(members_, [](const Member& member) { return member.ended; });
    });
    for (auto member = members_.begin(); member != members_.end();) {
      const auto next = std::next(member);
      if (member->ended) gone.splice(gone.end(), members_, member);
      member = next;
    }
  }
  for (Member& member : gone) member.thread.join();
  return all;
}

void Substitutes::join() { wait_until(Clock::time_point::max()); }

}  // namespace metaset::fcgi
