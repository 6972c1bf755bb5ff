// The audit: who did what, append-only, in the staging environment.
//
// Every record holds the digest of the one before it, so that a record that was changed, removed
// or moved shows. Only a cut at the end does not: that takes a digest that was kept elsewhere.
// Reading is for administrators: records hold texts of clients, so escape them before printing.
// Thread-safety: any thread and process; LMDB serialises the writers. An append() without
// transaction begins one: never call it in a thread that has a WriteTxn of the environment.
// Errors: kNoSpace and system errors. Damaged records are reported by check(), and do not keep
// others from being appended.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metaset/lmdb/lmdb.h"
#include "metaset/store/schema.h"

namespace metaset::store {

// Longer texts are cut, and end in "...".
inline constexpr std::size_t kMaxAuditText = 2048;  // bytes

struct AuditEvent {
  std::string identity;  // http::Identity::name, or "local:user@host" for the command line
  std::string address;   // of the peer; empty for the command line
  std::string event;     // a short word: "open", "close", "commit", "token-create"
  std::string object;    // what it was done to: an FMRI, an area, a number
  std::string result;    // "ok", or the message of the failure
};

struct AuditHead {
  std::uint64_t number = 0;  // of the last record; 0: there is none
  Sha256 digest{};
};

struct AuditFault {
  std::uint64_t number = 0;
  std::string what;
};

struct AuditCheck {
  std::uint64_t records = 0;
  AuditHead head;
  std::uint64_t fault_count = 0;
  std::vector<AuditFault> faults;            // the first hundred
  std::optional<std::uint64_t> expected_at;  // the record that has the expected digest
};

class Audit {
 public:
  explicit Audit(lmdb::Env& staging) : env_(staging) {}

  // Durable when `txn`, a transaction of the same environment, is committed. Gives the new head;
  // the events have the numbers up to the head's, in order.
  AuditHead append(lmdb::WriteTxn& txn, std::span<const AuditEvent> events);
  AuditHead append(lmdb::WriteTxn& txn, const AuditEvent& event) {
    return append(txn, {&event, 1});
  }
  // In a transaction of its own: durable when it returns.
  AuditHead append(std::span<const AuditEvent> events);
  AuditHead append(const AuditEvent& event) { return append({&event, 1}); }

  AuditHead head() const;
  // The newest `limit` records, oldest first; kCorrupt for a damaged one.
  void for_each(std::uint64_t limit, const std::function<void(const AuditRecord&)>& visit) const;
  // Reads everything. `expected`: a head's digest of earlier; zero stands for the empty audit.
  AuditCheck check(const std::optional<Sha256>& expected = std::nullopt) const;

 private:
  lmdb::Env& env_;
};

}  // namespace metaset::store
