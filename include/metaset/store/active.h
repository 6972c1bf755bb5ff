// The row "active" of table meta: the active metaset, and one that becomes it at a given moment.
//
//   number u64                                  the active metaset
//   scheduled u64, microseconds u64, number u64  until that time `number`, from then on `scheduled`
//
// From that moment on every reader takes the scheduled one, by its own clock: no process has to
// wake up for it, and all depots that were told the same do it at once. The next writer makes it
// final. The number of the active one comes last: programs that know nothing of schedules read it.
// A clock that is set back across the moment before that takes readers back too.
// Thread-safety: that of the transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "metaset/base/clock.h"
#include "metaset/lmdb/lmdb.h"
#include "metaset/store/schema.h"

namespace metaset::store {

struct Schedule {
  MetasetNumber number = 0;
  Time at;
  bool operator==(const Schedule&) const = default;
};

struct ActiveRecord {
  MetasetNumber number = 0;  // as written
  std::optional<Schedule> schedule;

  static bool is_size(std::size_t bytes);  // of a row that is not damaged
  std::string encode() const;
  // kCorrupt for fewer than eight bytes.
  static ActiveRecord decode(std::string_view bytes);
  bool is_due(Time now) const { return schedule && now >= schedule->at; }
  MetasetNumber at(Time now) const { return is_due(now) ? schedule->number : number; }
};

// `number` is 0 if there is none.
ActiveRecord active_record(const lmdb::Env& env, const lmdb::Txn& txn);
// What is going to become active, if anything is.
std::optional<Schedule> pending_schedule(const lmdb::Env& env, const lmdb::Txn& txn);

// Makes what has become active by that moment final. True if there was something to write.
bool settle_active(const lmdb::Env& env, lmdb::WriteTxn& txn, Time moment = now());
// The same, in a transaction of its own if there is something to do.
void settle_active(lmdb::Env& env);
// From now on this one is active. A schedule for it or an older one is void, another one stays.
void put_active(const lmdb::Env& env, lmdb::WriteTxn& txn, MetasetNumber number);

// In place of what was scheduled; nullopt: nothing is.
void put_schedule(const lmdb::Env& env, lmdb::WriteTxn& txn,
                  const std::optional<Schedule>& schedule);

}  // namespace metaset::store
