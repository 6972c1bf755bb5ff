// What the command line names a metaset by.
#pragma once

#include <string_view>

#include "metaset/store/view.h"

namespace metaset::app {

// The number of the metaset that the text names. Whether there is one of that number is for its
// View to say. Errors: kUsage.
store::MetasetNumber resolve_metaset(const lmdb::Env& env, const lmdb::Txn& txn,
                                     std::string_view text);

}  // namespace metaset::app
