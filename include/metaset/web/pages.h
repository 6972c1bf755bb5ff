// The web pages: functions from a view of a metaset to HTML. No HTTP in here.
//
// Each page is a function of the site, its arguments and nothing else, so that it can be
// revalidated by a digest of those. Whatever comes from packages is escaped.
// Thread-safety: as the site's templates and view. Errors: kNotFound for what the view does not
// have, kInvalid for arguments that break a rule, kCorrupt.
#pragma once

#include <string>

#include "metaset/web/site.h"

namespace metaset::web {

// Publishers, counts, what changed last, how to point a client at the depot; of one publisher below
// its name.
std::string home_page(const Site& site);

}  // namespace metaset::web
