// Verification: metasets are numbered without gaps, and each proves its parent.
#include <fmt/format.h>

#include "metaset/store/active.h"
#include "metaset/store/metaset_digest.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

std::string name_of(store::MetasetNumber number) { return "metaset " + std::to_string(number); }

class Chain {
 public:
  explicit Chain(VerifyContext& context) : context_(context) {}

  void row(std::string_view key, std::string_view value) {
    if (key.size() != 8) throw Error(Code::kCorrupt, "damaged key in the table of metasets");
    const store::MetasetNumber number = store::read_u64(key);
    missing_before(number);
    next_ = number + 1;
    ++context_.report.metasets;
    try {
      check(number, store::MetasetRecord::decode(value));
    } catch (const std::exception& error) {
      bad(number, reason_of(error));
      parent_.reset();
    }
  }
  store::MetasetNumber next() const { return next_; }
  void bad(store::MetasetNumber number, const std::string& reason) {
    sums_known_ = false;  // those that follow would say the same
    context_.damaged_metasets.insert(number);
    context_.damage(DamageKind::kMetaset, name_of(number), reason);
  }

 private:
  void missing_before(store::MetasetNumber number) {
    if (number <= next_) return;
    std::string what = name_of(next_);
    if (number > next_ + 1)
      what = "metasets " + std::to_string(next_) + " to " + std::to_string(number - 1);
    context_.damage(DamageKind::kMetaset, what, "the record is missing");
    parent_.reset();
    sums_known_ = false;
  }

  void check(store::MetasetNumber number, const store::MetasetRecord& record) {
    const std::optional<store::MetasetRecord> parent = std::move(parent_);
    parent_ = record;
    for (const store::PublisherChange& change : record.publishers) {
      totals_[change.publisher] = {change.packages, change.package_versions};
    }
    if (record.number != number) {
      return bad(number, "its record has the number " + std::to_string(record.number));
    }
    if (record.parent != number - 1) {
      return bad(number, "its record has the parent " + std::to_string(record.parent));
    }
    if (parent && record.time <= parent->time) {
      return bad(number, "it is not later than its parent");
    }
    if (parent || number == 1) {
      const Sha256 digest = store::chain_digest(record, parent);
      if (digest != record.digest) {
        return bad(number, "its digest is " + to_hex(record.digest) + ", but its record gives " +
                               to_hex(digest));
      }
    }
    check_sums(number, record);
  }

  // Totals over all publishers, from what each metaset says of those it changed.
  void check_sums(store::MetasetNumber number, const store::MetasetRecord& record) {
    std::uint64_t packages = 0, versions = 0;
    for (const auto& [publisher, total] : totals_) {
      packages += total.first;
      versions += total.second;
    }
    if (!sums_known_ || (packages == record.packages && versions == record.package_versions))
      return;
    bad(number, "its record counts " + std::to_string(record.packages) + " packages and " +
                    std::to_string(record.package_versions) + " versions, its publishers have " +
                    std::to_string(packages) + " and " + std::to_string(versions));
  }

  VerifyContext& context_;
  store::MetasetNumber next_ = 1;
  std::optional<store::MetasetRecord> parent_;
  std::map<store::PublisherId, std::pair<std::uint64_t, std::uint64_t>> totals_;
  bool sums_known_ = true;
};

void check_number(VerifyContext& context, const char* what, store::MetasetNumber number) {
  if (context.txn.get(context.table(store::kMetasets), store::u64_key(number))) return;
  context.damage(DamageKind::kMetaset, what,
                 fmt::format("it should be {}, but there is no such metaset", number));
}

void check_active(VerifyContext& context) {
  const auto value = context.txn.get(context.table(store::kMeta), "active");
  if (!value) {
    context.damage(DamageKind::kMetaset, "active metaset", "none is recorded");
    return;
  }
  if (!store::ActiveRecord::is_size(value->size())) {
    context.damage(DamageKind::kMetaset, "active metaset", "its number is damaged");
    return;
  }
  const auto record = store::ActiveRecord::decode(*value);
  check_number(context, "active metaset", record.number);
  if (!record.schedule) return;
  check_number(context, "scheduled metaset", record.schedule->number);
  if (record.schedule->number <= record.number) {
    context.damage(DamageKind::kMetaset, "scheduled metaset",
                   fmt::format("it is {}, not newer than the active one, {}",
                               record.schedule->number, record.number));
  }
}

}  // namespace

void verify_chain(VerifyContext& context) {
  ProgressPhase phase(context.callback, "metasets",
                      context.txn.count(context.table(store::kMetasets)));
  Chain chain(context);
  lmdb::Cursor cursor(context.txn, context.table(store::kMetasets));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    context.guard(DamageKind::kDatabase, "metasets",
                  [&] { chain.row(cursor.key(), cursor.value()); });
    phase.step();
  }
  context.latest = chain.next() - 1;
  if (context.latest == 0) chain.bad(1, "the record is missing");
  check_active(context);
}

}  // namespace metaset::depot
