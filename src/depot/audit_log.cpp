#include "metaset/depot/audit_log.h"

#include <iterator>

namespace metaset::depot {

void AuditLog::note(store::AuditEvent event) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMaxWaiting) waiting_.push_back(std::move(event));
  } catch (const std::exception&) {
    // Out of memory: the request itself will say so.
  }
}

void AuditLog::append_in(const std::function<void(const Append&)>& write) {
  const std::lock_guard order(writing_);
  std::vector<store::AuditEvent> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(waiting_);
  }
  try {
    write([&](lmdb::WriteTxn& txn, std::vector<store::AuditEvent> events) {
      audit_.append(txn, taken);
      audit_.append(txn, events);
    });
  } catch (...) {
    const std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.begin(), std::make_move_iterator(taken.begin()),
                    std::make_move_iterator(taken.end()));
    throw;
  }
}

void AuditLog::append(std::vector<store::AuditEvent> events) noexcept {
  for (store::AuditEvent& event : events) note(std::move(event));
  try {
    flush();
  } catch (const std::exception&) {
    // The caretaker tries again, and logs it.
  }
}

void AuditLog::flush() {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return;
  }
  append_in([this](const Append& append) {
    lmdb::WriteTxn txn(staging_);
    append(txn, {});
    txn.commit();
  });
}

}  // namespace metaset::depot
