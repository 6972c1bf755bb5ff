// What is different between two manifests. Private.
//
// Actions belong together if they have the same type and the same value of the key attribute. Of
// several such (one for each variant, say) those for the same images belong together, then the
// rest as it comes; equal ones never count. The other direction gives the mirror image.
// Memory: the canonical text of all actions of both. Errors: kInvalid for a broken manifest.
#pragma once

#include <string_view>
#include <vector>

#include "metaset/depot/diff.h"

namespace metaset::depot {

// An empty text has no actions. Sorted by type and key attribute.
std::vector<ActionDiff> diff_actions(std::string_view before, std::string_view after);

}  // namespace metaset::depot
