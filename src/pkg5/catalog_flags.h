// Obsolete and renamed, as the actions of catalog.dependency.C say.
#pragma once

#include <string_view>

namespace metaset::pkg5 {

struct CatalogFlags {
  bool obsolete = false, renamed = false;
};
// `actions`: a JSON array of action strings, or empty. What cannot be read counts as neither.
CatalogFlags catalog_flags(std::string_view actions);

}  // namespace metaset::pkg5
