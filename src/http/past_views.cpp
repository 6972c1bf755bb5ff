#include "http/past_views.h"

#include "metaset/http/error_page.h"
#include "metaset/store/tags.h"

namespace metaset::http {

void require_past_views(const Config& config) {
  if (config.past_views != PastViews::kNone && config.view.empty()) return;
  throw StatusError(404, "Other metasets are not shown here.");
}

void require_shown(const Config& config, const store::View& view) {
  if (config.past_views != PastViews::kTagged) return;
  if (!store::tags_of(view.env(), view.txn(), view.number()).empty()) return;
  throw StatusError(404, "Only metasets that have a tag are shown here.");
}

}  // namespace metaset::http
