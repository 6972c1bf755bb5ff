// What publications add to the audit, gathered so that it costs no sync of its own.
//
// Events of publications that become durable are written with them. Others (open, abandon, refused
// uploads) wait for the next of those, or for flush(), which the caretaker calls every second: a
// crash may lose that much of what had no effect. What cannot be written, because the disk is full,
// waits on. Thread-safety: any thread. note() never fails; errors of writing are those of
// store::Audit.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "metaset/store/audit.h"

namespace metaset::depot {

class AuditLog {
 public:
  explicit AuditLog(lmdb::Env& staging) : staging_(staging), audit_(staging) {}

  void note(store::AuditEvent event) noexcept;
  // Writes what waits and then `events` in a transaction of the staging environment, which
  // write(append) makes: it calls append(txn, events) once within it and commits it. If it throws,
  // what waited goes on waiting.
  using Append = std::function<void(lmdb::WriteTxn& txn, std::vector<store::AuditEvent> events)>;
  void append_in(const std::function<void(const Append&)>& write);
  // For what has taken effect already: writes it now if that is possible, else later.
  void append(std::vector<store::AuditEvent> events) noexcept;
  void flush();

 private:
  // Bounds the memory; more in a second is an attack, and then the first ones tell enough.
  static constexpr std::size_t kMaxWaiting = 10'000;

  lmdb::Env& staging_;
  store::Audit audit_;
  // Held while events are between waiting_ and the database: keeps their order.
  std::mutex writing_;
  std::mutex mutex_;  // guards waiting_
  std::vector<store::AuditEvent> waiting_;
};

}  // namespace metaset::depot
