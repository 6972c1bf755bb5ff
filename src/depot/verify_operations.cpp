// Verification: the operations of a publisher, one after the other, each with its package row and
// its update log.
#include <algorithm>

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

class Operations {
 public:
  Operations(VerifyContext& context, VerifiedPublisher& publisher)
      : context_(context), publisher_(publisher) {}

  void row(std::string_view key, std::string_view value) {
    const std::uint64_t sequence = store::read_u64(key);
    missing_before(sequence);
    next_ = sequence + 1;
    ++context_.report.operations;
    try {
      check(sequence, store::OperationRecord::decode(value));
    } catch (const std::exception& error) {
      bad(sequence, reason_of(error));
    }
  }

  OperationsSummary finish() {
    try {
      // Those that are missing at the end.
      missing_before(context_.latest_view().state(publisher_.id).next_sequence);
    } catch (const std::exception&) {
      // A damaged state is found elsewhere.
    }
    std::sort(summary_.removed_rows.begin(), summary_.removed_rows.end());
    return std::move(summary_);
  }

 private:
  std::string name_of(std::uint64_t sequence) const {
    return "operation " + std::to_string(sequence) + " of " + publisher_.prefix;
  }
  void bad(std::uint64_t sequence, const std::string& reason) {
    context_.damage(publisher_, DamageKind::kOperation, name_of(sequence), reason);
  }
  void bad_row(const store::OperationRecord& operation, const std::string& reason) {
    context_.damage(publisher_, DamageKind::kPackage,
                    context_.fmri(publisher_.id, operation.name, operation.version), reason);
  }

  void missing_before(std::uint64_t sequence) {
    if (sequence <= next_) return;
    std::string what = name_of(next_);
    if (sequence > next_ + 1) {
      what = "operations " + std::to_string(next_) + " to " + std::to_string(sequence - 1) +
             " of " + publisher_.prefix;
    }
    context_.damage(publisher_, DamageKind::kOperation, what, "the record is missing");
  }

  void check(std::uint64_t sequence, const store::OperationRecord& operation) {
    if (operation.metaset < metaset_ || operation.metaset == 0 ||
        operation.metaset > context_.latest) {
      return bad(sequence, "it cannot belong to metaset " + std::to_string(operation.metaset));
    }
    metaset_ = operation.metaset;
    auto& counts = summary_.metasets[operation.metaset];
    ++(operation.add ? counts.added : counts.removed);
    counts.end = sequence + 1;
    if (!operation.add) summary_.removed_rows.push_back(operation.entry);
    if (operation.entry > sequence || (operation.add && operation.entry != sequence)) {
      return bad(sequence, "it refers to package row " + std::to_string(operation.entry));
    }
    check_package(sequence, operation);
    if (operation.logged) check_log(sequence, operation);
  }

  void check_package(std::uint64_t sequence, const store::OperationRecord& operation) {
    const bool creates = operation.entry == sequence;
    const auto value = context_.txn.get(
        context_.table(store::kPackages),
        store::package_key(publisher_.id, operation.name, ips::Version::parse(operation.version),
                           operation.entry));
    if (!value) {
      // The operation that made the row speaks for those that follow.
      if (creates) bad_row(operation, "its row " + std::to_string(sequence) + " is missing");
      return;
    }
    store::PackageEntry entry;
    try {
      entry = store::PackageEntry::decode(*value);
    } catch (const std::exception&) {
      return;  // found when the rows are read
    }
    const std::string in = " metaset " + std::to_string(operation.metaset);
    if (creates && entry.version != operation.version) {
      bad_row(operation, "its row has the version " + entry.version);
    } else if (creates && entry.added_in != operation.metaset) {
      bad_row(operation, name_of(sequence) + " added it in" + in + ", its row says " +
                             std::to_string(entry.added_in));
    } else if (!operation.add && entry.removed_in != operation.metaset) {
      bad_row(operation, name_of(sequence) + " removed it in" + in + ", its row says " +
                             std::to_string(entry.removed_in));
    }
  }

  void check_log(std::uint64_t sequence, const store::OperationRecord& operation) {
    const std::int64_t hour = operation.time.hour();
    if (hour != log_hour_ || operation.metaset != log_metaset_) {
      log_hour_ = hour;
      log_metaset_ = operation.metaset;
      log_.reset();
      log_damaged_ = false;
      const auto value = context_.txn.get(
          context_.table(store::kLogs),
          store::logs_prefix(publisher_.id, hour, "C") + store::u64_key(operation.metaset));
      const std::string what = "update." + update_hour(hour) + ".C of " + publisher_.prefix;
      try {
        if (!value) throw Error(Code::kCorrupt, "its record is missing");
        log_ = store::LogRecord::decode(*value);
      } catch (const std::exception& error) {
        log_damaged_ = true;
        context_.damage(publisher_, DamageKind::kCatalog, what,
                        reason_of(error) + " (metaset " + std::to_string(operation.metaset) + ")");
      }
    }
    if (log_damaged_ || (log_->first <= sequence && sequence < log_->end)) return;
    log_damaged_ = true;
    context_.damage(publisher_, DamageKind::kCatalog,
                    "update." + update_hour(hour) + ".C of " + publisher_.prefix,
                    "it lacks operation " + std::to_string(sequence) + " (metaset " +
                        std::to_string(operation.metaset) + ")");
  }

  VerifyContext& context_;
  VerifiedPublisher& publisher_;
  OperationsSummary summary_;
  std::uint64_t next_ = 0;
  store::MetasetNumber metaset_ = 0;
  std::int64_t log_hour_ = 0;
  store::MetasetNumber log_metaset_ = 0;  // 0: none was read yet
  std::optional<store::LogRecord> log_;
  bool log_damaged_ = false;
};

}  // namespace

OperationsSummary verify_operations(VerifyContext& context, VerifiedPublisher& publisher,
                                    ProgressPhase& phase) {
  Operations operations(context, publisher);
  lmdb::Cursor cursor(context.txn, context.table(store::kOperations));
  const std::string mine = store::u32_key(publisher.id);
  for (bool more = cursor.seek(mine); more && cursor.key().starts_with(mine);
       more = cursor.next()) {
    context.guard(DamageKind::kDatabase, "operations",
                  [&] { operations.row(cursor.key(), cursor.value()); });
    phase.step();
  }
  return operations.finish();
}

}  // namespace metaset::depot
