#include "metaset/store/active.h"

namespace metaset::store {
namespace {

constexpr std::string_view kActiveKey = "active";
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kScheduledBytes = 24;

void put_record(const lmdb::Env& env, lmdb::WriteTxn& txn, const ActiveRecord& record) {
  txn.put(env.table(kMeta), kActiveKey, record.encode());
}

}  // namespace

bool ActiveRecord::is_size(std::size_t bytes) {
  return bytes == kNumberBytes || bytes == kScheduledBytes;
}

std::string ActiveRecord::encode() const {
  if (!schedule) return u64_key(number);
  return u64_key(schedule->number) + u64_key(static_cast<std::uint64_t>(schedule->at.micros)) +
         u64_key(number);
}

ActiveRecord ActiveRecord::decode(std::string_view bytes) {
  ActiveRecord record{read_u64(bytes), std::nullopt};
  if (bytes.size() != kScheduledBytes) return record;
  const auto micros = read_u64(bytes.substr(kNumberBytes, kNumberBytes));
  record.schedule =
      Schedule{read_u64(bytes.substr(0, kNumberBytes)), Time{static_cast<std::int64_t>(micros)}};
  return record;
}

ActiveRecord active_record(const lmdb::Env& env, const lmdb::Txn& txn) {
  const auto value = txn.get(env.table(kMeta), kActiveKey);
  return value ? ActiveRecord::decode(*value) : ActiveRecord();
}

std::optional<Schedule> pending_schedule(const lmdb::Env& env, const lmdb::Txn& txn) {
  const ActiveRecord record = active_record(env, txn);
  return record.schedule && !record.is_due(now()) ? record.schedule : std::nullopt;
}

bool settle_active(const lmdb::Env& env, lmdb::WriteTxn& txn, Time moment) {
  const ActiveRecord record = active_record(env, txn);
  if (!record.is_due(moment)) return false;
  put_record(env, txn, {record.schedule->number, std::nullopt});
  return true;
}

void settle_active(lmdb::Env& env) {
  {
    const lmdb::ReadTxn txn(env);
    if (!active_record(env, txn).is_due(now())) return;
  }
  lmdb::WriteTxn txn(env);
  if (settle_active(env, txn)) txn.commit();
}

void put_active(const lmdb::Env& env, lmdb::WriteTxn& txn, MetasetNumber number) {
  ActiveRecord record = active_record(env, txn);
  record.number = number;
  if (record.schedule && record.schedule->number <= number) record.schedule.reset();
  put_record(env, txn, record);
}

void put_schedule(const lmdb::Env& env, lmdb::WriteTxn& txn,
                  const std::optional<Schedule>& schedule) {
  put_record(env, txn, {active_record(env, txn).number, schedule});
}

}  // namespace metaset::store
