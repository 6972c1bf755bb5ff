// Metasets as rows of a table, for this directory.
#pragma once

#include <vector>

#include "metaset/web/site.h"

#include "web/template_data.h"

namespace metaset::web {

struct ListedMetaset {
  store::MetasetRecord record;
  std::vector<std::string> tags;
};

// Those that may be seen and have numbers below `before`, the newest first, at most `limit`.
std::vector<ListedMetaset> list_metasets(const Site& site, store::MetasetNumber before,
                                         std::size_t limit);
// The view of a metaset by its name. kInvalid, kNotFound; also if it may not be seen.
store::View shown_metaset_view(const Site& site, std::string_view name);
DataList metaset_rows(const Site& site, const std::vector<ListedMetaset>& metasets);

}  // namespace metaset::web
