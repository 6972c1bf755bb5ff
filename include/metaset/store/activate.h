// Activation: which metaset the unadorned URLs serve.
//
// Clients only move forward, so an older metaset than the active one is never activated; a rollback
// makes a new metaset with the old content. A metaset can also be told to become active later
// (active.h); only one at a time. Whatever makes it or a newer one active before makes that void.
// Thread-safety: any thread and process; LMDB serialises the writers. Durable when it returns.
// Errors: kNotFound if there is no such metaset, kConflict if it is older than the active one.
#pragma once

#include <optional>
#include <string_view>

#include "metaset/store/active.h"
#include "metaset/store/repository.h"

namespace metaset::store {

struct Activation {
  MetasetNumber before = 0, now = 0;  // equal: it was active already, nothing was written
  // What is going to become active.
  std::optional<Schedule> scheduled;
};
Activation activate(Repository& repository, MetasetNumber number);

// It becomes active at that moment; a moment that has passed is now. In place of what was scheduled
// before. Its catalog files are made now, not by the clients that come first. kConflict also if
// what was scheduled before becomes active too soon to be taken back.
Activation activate_at(Repository& repository, MetasetNumber number, Time at);
// What was scheduled and is not any more. kConflict as above.
std::optional<Schedule> cancel_activation(Repository& repository);

// A moment as people name it: a timestamp in either form, in UTC, or "+SECONDS" from now. kUsage.
Time parse_moment(std::string_view text);

}  // namespace metaset::store
