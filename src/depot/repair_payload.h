// Repair: one payload.
#pragma once

#include "metaset/depot/repair.h"

namespace metaset::depot {

// The payload of the damage, or the link of a publisher to it. Not durable yet: sync().
Repair repair_payload(store::Repository& repository, const Sources& sources,
                      const RepairOptions& options, const Damage& damage);

}  // namespace metaset::depot
