// What pages show of a group, for this directory.
#pragma once

#include "metaset/web/site.h"

#include "web/template_data.h"

namespace metaset::web {

// For group.mustache; nothing if the depot is in no group, or nothing is known of it.
void add_group(const Site& site, Data& data);

}  // namespace metaset::web
