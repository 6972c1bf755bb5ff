#include "metaset/store/audit.h"

#include <algorithm>

namespace metaset::store {
namespace {

constexpr std::string_view kCut = "...";

std::string bounded(std::string_view text) {
  if (text.size() <= kMaxAuditText) return std::string(text);
  return std::string(text.substr(0, kMaxAuditText - kCut.size())).append(kCut);
}

// Nothing is decoded: a damaged last record must not stop the audit, and the new one chains to what
// is there.
AuditHead head_of(const lmdb::Txn& txn, lmdb::Table table) {
  AuditHead head;
  lmdb::Cursor cursor(txn, table);
  if (!cursor.last()) return head;
  head.number = read_u64(cursor.key());
  head.digest = AuditRecord::stored_digest(cursor.value());
  return head;
}

AuditRecord record_of(const AuditEvent& event, const AuditHead& head, Time time) {
  AuditRecord record;
  record.number = head.number + 1;
  record.time = time;
  record.identity = bounded(event.identity);
  record.address = bounded(event.address);
  record.event = bounded(event.event);
  record.object = bounded(event.object);
  record.result = bounded(event.result);
  record.previous = head.digest;
  return record;
}

}  // namespace

AuditHead Audit::append(lmdb::WriteTxn& txn, std::span<const AuditEvent> events) {
  const lmdb::Table table = env_.table(kAudit);
  AuditHead head = head_of(txn, table);
  const Time time = now();
  for (const AuditEvent& event : events) {
    const AuditRecord record = record_of(event, head, time);
    const std::string value = record.encode();
    txn.append(table, u64_key(record.number), value);
    head = {record.number, AuditRecord::stored_digest(value)};
  }
  return head;
}

AuditHead Audit::append(std::span<const AuditEvent> events) {
  lmdb::WriteTxn txn(env_);
  const AuditHead head = append(txn, events);
  txn.commit();
  return head;
}

AuditHead Audit::head() const {
  const lmdb::ReadTxn txn(env_);
  return head_of(txn, env_.table(kAudit));
}

void Audit::for_each(std::uint64_t limit,
                     const std::function<void(const AuditRecord&)>& visit) const {
  const lmdb::ReadTxn txn(env_);
  const lmdb::Table table = env_.table(kAudit);
  const std::uint64_t last = head_of(txn, table).number;
  lmdb::Cursor cursor(txn, table);
  const std::uint64_t first = last - std::min(last, limit) + 1;
  for (bool more = cursor.seek(u64_key(first)); more; more = cursor.next()) {
    visit(AuditRecord::decode(cursor.value()));
  }
}

}  // namespace metaset::store
