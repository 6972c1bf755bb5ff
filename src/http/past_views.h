// Which metasets a location shows below /metaset/ (METASET_PAST_VIEWS, METASET_VIEW), for this
// directory. Thread-safety: free functions.
#pragma once

#include "metaset/http/config.h"
#include "metaset/store/view.h"

namespace metaset::http {

// StatusError 404 if it shows none.
void require_past_views(const Config& config);
// StatusError 404 if it does not show this one.
void require_shown(const Config& config, const store::View& view);

}  // namespace metaset::http
