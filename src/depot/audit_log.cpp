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

std::vector<store::AuditEvent> AuditLog::take(std::vector<store::AuditEvent> events) {
  std::vector<store::AuditEvent> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(waiting_);
  }
  all.insert(all.end(), std::make_move_iterator(events.begin()),
             std::make_move_iterator(events.end()));
  return all;
}

void AuditLog::append(lmdb::WriteTxn& txn, std::vector<store::AuditEvent> events) {
  const auto all = take(std::move(events));
  if (!all.empty()) audit_.append(txn, all);
}

void AuditLog::append(std::vector<store::AuditEvent> events) {
  const auto all = take(std::move(events));
  if (!all.empty()) audit_.append(all);
}

}  // namespace metaset::depot
