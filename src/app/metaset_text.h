// How metasets are shown by several commands.
#pragma once

#include <string>

#include "metaset/depot/documents.h"

namespace metaset::app {

using depot::metaset_json;

// "+3 -1" over all publishers
std::string change_counts(const store::MetasetRecord& record);

}  // namespace metaset::app
