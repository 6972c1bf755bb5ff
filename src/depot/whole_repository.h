// The repository beyond any view.
#pragma once

#include "metaset/store/view.h"

namespace metaset::depot {

// Everything that some metaset has, for what is served whatever metaset is active.
store::View whole_repository(const store::View& view);

}  // namespace metaset::depot
