// Acts that change what clients see, by people and build systems alike: each is in the audit with
// who did it, whether it succeeded or not.
//
// Thread-safety: any thread and process; none of this thread's transactions may be open. Errors:
// those of the act. That the audit cannot be written (disk full) is none: what was done is done.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "metaset/depot/abandon.h"
#include "metaset/depot/commit_check.h"
#include "metaset/depot/gc.h"
#include "metaset/depot/repair.h"
#include "metaset/store/access.h"
#include "metaset/store/activate.h"
#include "metaset/store/rollback.h"
#include "metaset/store/statement.h"

namespace metaset::depot {

// commit_checked() with `commit.who` as it is; the audit has the actor.
CommitOutcome commit_area(store::Repository& repository, const store::Actor& actor,
                          const CommitCheckOptions& check, const store::CommitOptions& commit);
store::Activation activate_metaset(store::Repository& repository, const store::Actor& actor,
                                   store::MetasetNumber number);
store::Activation activate_metaset_at(store::Repository& repository, const store::Actor& actor,
                                      store::MetasetNumber number, Time at);
std::optional<store::Schedule> cancel_activation(store::Repository& repository,
                                                 const store::Actor& actor);
// Without a message it says which metaset it goes back to.
std::optional<store::MetasetRecord> rollback_to(store::Repository& repository,
                                                const store::Actor& actor,
                                                store::RollbackOptions options);
struct Tagging {
  std::string name;
  store::MetasetNumber number = 0;
  std::string who;
  bool move = false;  // also if another metaset has the name
};
// The metaset that had the name before, if any.
std::optional<store::MetasetNumber> tag_metaset(store::Repository& repository,
                                                const store::Actor& actor, const Tagging& tagging);
// The metaset that had the name.
store::MetasetNumber untag_metaset(store::Repository& repository, const store::Actor& actor,
                                   std::string_view name);
store::Statement sign_metaset(store::Repository& repository, const store::Actor& actor,
                              store::MetasetNumber number, const Key& private_key);
// A dry run is not noted.
GcReport collect(store::Repository& repository, const store::Actor& actor, const GcOptions& options,
                 const ProgressCallback& callback);
Abandoned abandon_changes(store::Repository& repository, const store::Actor& actor,
                          std::string_view area);
// Each thing that was mended has a record, and the whole another one. A dry run has none.
RepairReport repair_repository(store::Repository& repository, const store::Actor& actor,
                               const Sources& sources, const RepairOptions& options,
                               const ProgressCallback& callback = {});

}  // namespace metaset::depot
