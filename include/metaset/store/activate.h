// Activation: which metaset the unadorned URLs serve.
//
// Clients only move forward, so an older metaset than the active one is never activated; a rollback
// makes a new metaset with the old content.
// Thread-safety: any thread and process; LMDB serialises the writers. Durable when it returns.
// Errors: kNotFound if there is no such metaset, kConflict if it is older than the active one.
#pragma once

#include "metaset/store/repository.h"

namespace metaset::store {

struct Activation {
  MetasetNumber before = 0, now = 0;  // equal: it was active already, nothing was written
};
Activation activate(Repository& repository, MetasetNumber number);

}  // namespace metaset::store
