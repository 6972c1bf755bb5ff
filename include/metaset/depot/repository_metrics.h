// What can be measured of a repository, for those who watch it: metasets, database, disk, staging.
// Thread-safety: as the repository. Errors: those of reading it.
#pragma once

#include "metaset/metrics/exposition.h"
#include "metaset/store/repository.h"
#include "metaset/store/view.h"

namespace metaset::depot {

// `view`: any of the repository; its transaction is read. The staging areas are told of only if
// the repository is open for writing, which `access` says.
void write_repository_metrics(store::Repository& repository, store::Access access,
                              const store::View& view, metrics::Exposition& out);

}  // namespace metaset::depot
