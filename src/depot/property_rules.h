// What all kinds of properties have in common when they are set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metaset/depot/properties.h"

namespace metaset::depot {

// kInvalid: "Invalid value 'x' for property 'name' in section 'section'."
[[noreturn]] void invalid_value(const Assignment& assignment);
// The one value; kInvalid if a list was given.
const std::string& single_value(const Assignment& assignment);

// A URI that clients can use for a repository; kInvalid as the stock tools say it.
void check_repository_uri(std::string_view uri);

}  // namespace metaset::depot
