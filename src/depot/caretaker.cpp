#include "metaset/depot/caretaker.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "metaset/depot/transaction.h"
#include "metaset/store/active.h"
#include "metaset/store/commit.h"
#include "metaset/store/leftovers.h"

namespace metaset::depot {

Caretaker::Caretaker(store::Repository& repository, const Logger& log, std::function<void()> tick,
                     Times times)
    : repository_(repository), log_(log), tick_(std::move(tick)), times_(times), thread_([this] {
        run();
      }) {}

Caretaker::~Caretaker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Caretaker::committed() {
  const std::lock_guard lock(mutex_);
  last_ = Clock::now();
  if (!due_) first_ = last_;
  due_ = true;
  changed_.notify_all();
}

void Caretaker::run() {
  std::unique_lock lock(mutex_);
  auto next_look = Clock::now();
  while (!stopping_ || due_) {
    const auto now = Clock::now();
    const auto follow_up = std::min(last_ + times_.quiet, first_ + times_.at_most);
    if (due_ && (stopping_ || now >= follow_up)) {
      due_ = false;
      lock.unlock();
      finish_commits();
      lock.lock();
    } else if (!stopping_ && now >= next_look) {
      next_look = now + times_.look_for_idle;
      lock.unlock();
      expire_transactions();
      remove_leftovers();
      settle_active();
      lock.lock();
    } else {
      const auto next = std::min(next_look, Clock::now() + times_.tick);
      const bool woken = changed_.wait_until(lock, due_ ? std::min(follow_up, next) : next) ==
                         std::cv_status::no_timeout;
      if (woken) continue;
      lock.unlock();
      tick();
      lock.lock();
    }
  }
  lock.unlock();
  tick();
}

void Caretaker::log_failure(const char* what, const std::exception& error) const noexcept {
  try {
    log_.try_log(Level::kError, fmt::format("{} {}", what, repository_.root()), error.what());
  } catch (const std::exception&) {  // out of memory
  }
}

void Caretaker::tick() noexcept {
  try {
    if (tick_) tick_();
  } catch (const std::exception& error) {
    log_failure("the audit of", error);
  }
}

void Caretaker::finish_commits() noexcept {
  try {
    store::finish_commit(repository_);
  } catch (const std::exception& error) {
    log_failure("catalog files of", error);
  }
}

void Caretaker::expire_transactions() noexcept {
  try {
    for (const TransactionRecord& record : Transactions(repository_.root()).expire(times_.idle)) {
      log_.log(Level::kInfo,
               fmt::format("abandoned idle transaction {} of {}", record.id, record.owner.who));
    }
  } catch (const std::exception& error) {
    log_failure("idle transactions of", error);
  }
}

void Caretaker::remove_leftovers() noexcept {
  try {
    store::remove_leftovers(repository_.root());
  } catch (const std::exception& error) {
    log_failure("temporary files of", error);
  }
}

void Caretaker::settle_active() noexcept {
  try {
    store::settle_active(repository_.committed());
  } catch (const std::exception& error) {
    log_failure("the active metaset of", error);
  }
}

}  // namespace metaset::depot
