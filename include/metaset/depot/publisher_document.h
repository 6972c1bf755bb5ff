// publisher/0 and publisher/1 (protocol/http.md section 5.9). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "metaset/depot/publishers.h"

namespace metaset::depot {

// p5i JSON of all publishers, the default one first, or of that of the prefix. kInvalid for an
// unknown prefix.
std::string publisher_document(const Publishers& publishers, std::string_view prefix);

}  // namespace metaset::depot
