// Rollback: a new metaset with the content of an earlier one, because clients only move forward.
//
// Packages that came since are removed, those that went are there again with the manifests that
// they had, and properties are what they were; all of it is in the update logs, so that clients
// follow incrementally. A publisher that came since stays, without packages. The cost is that of
// what was changed since; manifests and payloads are not touched.
// Thread-safety: any thread and process; LMDB serialises the writers. Durable when it returns; the
// rest is left to finish_commit(). Errors: kNotFound if there is no such metaset, or if a manifest
// of it was forgotten; kInvalid for a metaset that is no earlier one.
#pragma once

#include <optional>
#include <string>

#include "metaset/store/repository.h"

namespace metaset::store {

struct RollbackOptions {
  MetasetNumber number = 0;  // whose content
  std::string who, message;
  bool activate = true;
  std::optional<Time> time;  // operation time; default now
};

// nullopt if the latest metaset has the same content: nothing was written.
std::optional<MetasetRecord> rollback(Repository& repository, const RollbackOptions& options);

}  // namespace metaset::store
