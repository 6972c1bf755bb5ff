// The header fields of a cache policy, for this directory.
#pragma once

#include <cstdint>
#include <string>

#include "metaset/base/clock.h"
#include "metaset/http/response.h"

namespace metaset::http {

// Appends the lines of a policy. refresh_seconds: of the publisher, for the policies that depend on
// it.
void append_cache_fields(Cache policy, std::uint32_t refresh_seconds, Time now, std::string& head);

}  // namespace metaset::http
