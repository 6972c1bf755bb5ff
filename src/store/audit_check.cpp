// Whether the chain of the audit holds.
#include <utility>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/audit.h"

namespace metaset::store {
namespace {

constexpr std::size_t kMaxFaults = 100;

std::optional<AuditRecord> decoded(std::string_view value) {
  try {
    return AuditRecord::decode(value);
  } catch (const Error&) {
    return std::nullopt;
  }
}

class Chain {
 public:
  explicit Chain(const std::optional<Sha256>& expected) : expected_(expected) {
    if (expected_ == Sha256{}) check_.expected_at = 0;
  }

  void add(std::string_view key, std::string_view value) {
    const std::uint64_t number = key.size() == sizeof(std::uint64_t) ? read_u64(key) : 0;
    ++check_.records;
    if (number == 0) return fault(0, "a record has a key that is not a number");
    if (number > last_ + 1) missing(last_ + 1, number - 1);
    inspect(number, value);
    last_ = number;
    check_.head = {number, stored_};
    if (expected_ == stored_) check_.expected_at = number;
  }
  AuditCheck take() { return std::move(check_); }

 private:
  void fault(std::uint64_t number, std::string what) {
    ++check_.fault_count;
    if (check_.faults.size() < kMaxFaults) check_.faults.push_back({number, std::move(what)});
  }

  void missing(std::uint64_t first, std::uint64_t end) {
    fault(first, first == end ? fmt::format("record {} is missing", first)
                              : fmt::format("records {} to {} are missing", first, end));
    known_ = false;
  }

  // After a damaged record either digest may be what the next one was chained to, so that one
  // change is one fault.
  void inspect(std::uint64_t number, std::string_view value) {
    const Sha256 before_stored = std::exchange(stored_, AuditRecord::stored_digest(value));
    const Sha256 before_computed = std::exchange(computed_, AuditRecord::computed_digest(value));
    const bool before_known = std::exchange(known_, true);
    if (computed_ != stored_) {
      return fault(number, fmt::format("record {} was changed: its digest does not match", number));
    }
    const std::optional<AuditRecord> record = decoded(value);
    if (!record) return fault(number, fmt::format("record {} is not a record", number));
    if (record->number != number) {
      return fault(number,
                   fmt::format("record {} is in the place of record {}", record->number, number));
    }
    const Sha256& previous = record->previous;
    if (before_known && previous != before_stored && previous != before_computed) {
      fault(number, fmt::format("record {} was not written after the record {} that is there",
                                number, number - 1));
    }
  }

  std::optional<Sha256> expected_;
  AuditCheck check_;
  std::uint64_t last_ = 0;
  bool known_ = true;  // what the next record has to continue
  Sha256 stored_{}, computed_{};
};

}  // namespace

AuditCheck Audit::check(const std::optional<Sha256>& expected) const {
  const lmdb::ReadTxn txn(env_);
  Chain chain(expected);
  lmdb::Cursor cursor(txn, env_.table(kAudit));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    chain.add(cursor.key(), cursor.value());
  }
  return chain.take();
}

}  // namespace metaset::store
