// What publications add to the audit, gathered so that it costs no sync of its own.
//
// Events of publications that become durable are written with them. Others (open, abandon, refused
// uploads) wait for the next of those, or for flush(), which the caretaker calls every second: a
// crash may lose that much of what had no effect. Thread-safety: any thread. note() never fails;
// errors of writing are those of store::Audit.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "metaset/store/audit.h"

namespace metaset::depot {

class AuditLog {
 public:
  explicit AuditLog(lmdb::Env& staging) : audit_(staging) {}

  void note(store::AuditEvent event) noexcept;
  // Writes what waits, and `events` after it, in a transaction of the staging environment.
  void append(lmdb::WriteTxn& txn, std::vector<store::AuditEvent> events);
  void append(std::vector<store::AuditEvent> events);
  void flush() { append({}); }

 private:
  // Bounds the memory; more in a second is an attack, and then the first ones tell enough.
  static constexpr std::size_t kMaxWaiting = 10'000;
  std::vector<store::AuditEvent> take(std::vector<store::AuditEvent> events);

  store::Audit audit_;
  std::mutex mutex_;  // guards waiting_
  std::vector<store::AuditEvent> waiting_;
};

}  // namespace metaset::depot
