// p5i/0: publisher data together with the packages that a pattern matches (protocol/http.md section
// 5.8).
// Thread-safety: as the view.
#pragma once

#include <string>
#include <string_view>

#include "metaset/depot/publishers.h"
#include "metaset/store/view.h"

namespace metaset::depot {

// `argument` as repair_argument() gives it; an ending ".p5i" is cut off. Without prefix one
// document for every publisher with matches, one after the other, the default publisher's first.
// kInvalid for a bad or missing pattern or an unknown prefix, kNotFound if nothing matches.
std::string p5i_documents(const store::View& view, const Publishers& publishers,
                          std::string_view prefix, std::string_view argument);

}  // namespace metaset::depot
