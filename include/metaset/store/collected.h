// Which metasets were collected (metaset gc): they can be seen no more, and what only they needed
// is gone or may go.
//
// Their records stay: the chain of digests goes through them, and update logs of later metasets
// list what they changed. So do package rows and operations. What goes are manifests, payloads,
// statements and catalog files. Rows of `meta`, "collected/" first -> last (both u64): ranges that
// neither overlap nor touch. The latest and the active metaset are never in one.
// Thread-safety: as the transaction; a CollectedMetasets that is not changed any more: any thread.
// Errors: kCorrupt.
#pragma once

#include <map>

#include "metaset/lmdb/lmdb.h"
#include "metaset/store/schema.h"

namespace metaset::store {

class CollectedMetasets {
 public:
  static CollectedMetasets load(const lmdb::Env& env, const lmdb::Txn& txn);
  // Replaces what the database says.
  void save(const lmdb::Env& env, lmdb::WriteTxn& txn) const;

  void add(MetasetNumber first, MetasetNumber last);
  bool has(MetasetNumber number) const { return covers(number, number + 1); }
  // Whether all metasets of [first, end) were collected; true if there are none.
  bool covers(MetasetNumber first, MetasetNumber end) const;
  // Whether no metaset that can be seen has the package.
  bool covers(const PackageEntry& entry) const {
    return entry.removed_in != 0 && covers(entry.added_in, entry.removed_in);
  }
  std::uint64_t count() const;
  const std::map<MetasetNumber, MetasetNumber>& ranges() const { return ranges_; }

 private:
  std::map<MetasetNumber, MetasetNumber> ranges_;  // first -> last
};

// Of one metaset, without loading all of them.
bool is_collected(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number);
// kNotFound if it was.
void require_not_collected(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number);

}  // namespace metaset::store
