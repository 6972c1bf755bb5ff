#include "metaset/store/activate.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/collected.h"

namespace metaset::store {

Activation activate(Repository& repository, MetasetNumber number) {
  lmdb::Env& env = repository.committed();
  // The write transaction keeps commits out, which may activate a newer one.
  lmdb::WriteTxn txn(env);
  if (!View::record_of(env, txn, number)) {
    throw Error(Code::kNotFound, fmt::format("there is no metaset {}; the latest one is {}", number,
                                             View::latest_number(env, txn)));
  }
  const MetasetNumber active = View::active_number(env, txn);
  if (number == active) return {active, active};
  if (number < active) {
    throw Error(Code::kConflict,
                fmt::format("metaset {} is older than the active one, {}: clients only move "
                            "forward. To undo a release, publish its packages again with newer "
                            "timestamps, or remove them in a new metaset.",
                            number, active));
  }
  require_not_collected(env, txn, number);
  txn.put(env.table(kMeta), "active", u64_key(number));
  txn.commit();
  return {active, number};
}

}  // namespace metaset::store
