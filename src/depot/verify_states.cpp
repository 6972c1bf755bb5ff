// Verification: what a publisher's states and the metasets count is what there is.
#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

std::string in_metaset(store::MetasetNumber number) {
  return " in metaset " + std::to_string(number);
}

class States {
 public:
  States(VerifyContext& context, VerifiedPublisher& publisher, const OperationsSummary& operations,
         const CountChanges& counts)
      : context_(context),
        publisher_(publisher),
        operations_(operations),
        rest_(operations.metasets.begin()),
        change_(counts.metasets.begin()),
        changes_end_(counts.metasets.end()) {}

  void row(std::string_view key, std::string_view value) {
    const store::MetasetNumber number = store::read_u64(key);
    missing_before(number);
    try {
      const auto state = store::PublisherState::decode(value);
      if (number == 0 || number > context_.latest) {
        throw Error(Code::kCorrupt, "there is no such metaset");
      }
      if (!any_ && !publisher_.damaged && number != publisher_.added_in) {
        throw Error(Code::kCorrupt, "it is the first, but metaset " +
                                        std::to_string(publisher_.added_in) +
                                        " added the publisher");
      }
      for (const store::PartState& part : state.parts) {
        if (!ips::is_catalog_file_name(part.name) || part.changed_in > number) {
          throw Error(Code::kCorrupt, "damaged publisher state record");
        }
      }
      // Conclusions from damaged rows would be wrong.
      if (!publisher_.damaged) check(number, state);
    } catch (const std::exception& error) {
      context_.damage(publisher_, DamageKind::kPublisher, publisher_.prefix,
                      "its state" + in_metaset(number) + ": " + reason_of(error));
    }
    if (rest_ != operations_.metasets.end() && rest_->first == number) ++rest_;
    any_ = true;
  }
  void finish() {
    missing_before(context_.latest + 1);
    if (!any_ && !publisher_.damaged) {
      context_.damage(publisher_, DamageKind::kPublisher, publisher_.prefix, "it has no state");
    }
  }

 private:
  void missing_before(store::MetasetNumber number) {
    for (; rest_ != operations_.metasets.end() && rest_->first < number; ++rest_) {
      context_.damage(publisher_, DamageKind::kPublisher, publisher_.prefix,
                      "its state" + in_metaset(rest_->first) + " is missing");
    }
  }

  void check(store::MetasetNumber number, const store::PublisherState& state) {
    for (; change_ != changes_end_ && change_->first <= number; ++change_) {
      packages_ += change_->second.packages;
      versions_ += change_->second.versions;
    }
    const auto packages = static_cast<std::uint64_t>(packages_);
    const auto versions = static_cast<std::uint64_t>(versions_);
    if (state.packages != packages || state.package_versions != versions) {
      throw Error(Code::kCorrupt, "it counts " + std::to_string(state.packages) + " packages and " +
                                      std::to_string(state.package_versions) +
                                      " versions, there are " + std::to_string(packages) + " and " +
                                      std::to_string(versions));
    }
    OperationsSummary::Counts counts;
    if (rest_ != operations_.metasets.end() && rest_->first == number) counts = rest_->second;
    if (counts.end != 0) sequence_ = counts.end;
    if (state.next_sequence != sequence_) {
      throw Error(Code::kCorrupt, "it knows " + std::to_string(state.next_sequence) +
                                      " operations, there are " + std::to_string(sequence_));
    }
    check_record(number, state, counts);
  }

  void check_record(store::MetasetNumber number, const store::PublisherState& state,
                    const OperationsSummary::Counts& counts) {
    if (context_.damaged_metasets.contains(number)) return;
    const auto record = store::View::record_of(context_.env(), context_.txn, number);
    if (!record) return;
    for (const store::PublisherChange& change : record->publishers) {
      if (change.publisher != publisher_.id) continue;
      if (change.packages == state.packages && change.package_versions == state.package_versions &&
          change.added == counts.added && change.removed == counts.removed) {
        return;
      }
      return bad_record(
          number, "its record counts other changes of " + publisher_.prefix + " than there are");
    }
    bad_record(number, "its record does not mention " + publisher_.prefix + ", which it changed");
  }
  void bad_record(store::MetasetNumber number, std::string reason) {
    context_.damaged_metasets.insert(number);
    context_.damage(DamageKind::kMetaset, "metaset " + std::to_string(number), std::move(reason));
  }

  VerifyContext& context_;
  VerifiedPublisher& publisher_;
  const OperationsSummary& operations_;
  std::map<store::MetasetNumber, OperationsSummary::Counts>::const_iterator rest_;
  std::map<store::MetasetNumber, CountChanges::Change>::const_iterator change_, changes_end_;
  std::int64_t packages_ = 0, versions_ = 0;
  std::uint64_t sequence_ = 0;
  bool any_ = false;
};

// Logs of other locales than C, and numbers that no operation can vouch for.
void verify_logs(VerifyContext& context, VerifiedPublisher& publisher) {
  lmdb::Cursor cursor(context.txn, context.table(store::kLogs));
  const std::string mine = store::u32_key(publisher.id);
  for (bool more = cursor.seek(mine); more && cursor.key().starts_with(mine);
       more = cursor.next()) {
    std::string what = "update logs of " + publisher.prefix;
    try {
      if (cursor.key().size() < 4 + 4 + 1 + 8) throw Error(Code::kCorrupt, "damaged key");
      const store::MetasetNumber number = store::read_u64(cursor.key());
      const auto record = store::LogRecord::decode(cursor.value());
      what = "update." + update_hour(store::read_u32(cursor.key().substr(4))) + "." +
             std::string(cursor.key().substr(8, cursor.key().size() - 17)) + " of " +
             publisher.prefix;
      if (number == 0 || number > context.latest || record.first >= record.end) {
        throw Error(Code::kCorrupt,
                    "damaged update log record (metaset " + std::to_string(number) + ")");
      }
    } catch (const std::exception& error) {
      // What operations need of it was said.
      if (publisher.damaged) continue;
      context.damage(publisher, DamageKind::kCatalog, what, reason_of(error));
    }
  }
}

}  // namespace

void verify_states(VerifyContext& context, VerifiedPublisher& publisher,
                   const OperationsSummary& operations, const CountChanges& counts) {
  States states(context, publisher, operations, counts);
  lmdb::Cursor cursor(context.txn, context.table(store::kStates));
  const std::string mine = store::u32_key(publisher.id);
  for (bool more = cursor.seek(mine); more && cursor.key().starts_with(mine);
       more = cursor.next()) {
    context.guard(DamageKind::kDatabase, "states",
                  [&] { states.row(cursor.key(), cursor.value()); });
  }
  states.finish();
  verify_logs(context, publisher);
}

}  // namespace metaset::depot
