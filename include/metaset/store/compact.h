// Gives back the space of pages that LMDB keeps as free: `committed` is replaced by a compact copy
// of itself while it is being served.
//
//   REPO/compacting   the copy while it is made, then the old environment until it is removed
//
// Nobody can commit meanwhile. The two directories change places in one step (renameat2 with
// RENAME_EXCHANGE), so there is a whole environment under the name at any time; the old one is then
// marked ("active" 0), so that those who read it look again at once, and removed; its space is free
// when the last process that had it open has looked. A process that was killed leaves
// REPO/compacting, which the next collection removes. Requests that are in flight end with the old
// files; a writer finds that the directory was replaced when its transaction begins (lmdb.h), so
// nothing is written into files that are lost.
// Thread-safety: one process at a time (CollectionLock), in which no other thread uses the
// repository meanwhile, since the copy would be opened twice; no transaction of it may be open.
// (Commits of other processes meanwhile: tests/system/test_gc.py.) Errors: kDenied if the copy
// cannot get the owner of the original; kNoSpace; system errors where the file system cannot
// exchange directories. Then nothing has changed.
#pragma once

#include <cstdint>

#include "metaset/store/repository.h"

namespace metaset::store {

struct Compaction {
  std::uint64_t before = 0, after = 0;  // bytes of data.mdb
};
Compaction compact_committed(Repository& repository);

// What one that was killed has left.
void remove_compaction_leftovers(const Repository& repository);

}  // namespace metaset::store
