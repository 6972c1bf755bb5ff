// What import and export share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/progress.h"
#include "metaset/pkg5/bad_payload.h"

namespace metaset::pkg5 {

// Appends "3 payloads are missing:" and a line for each of the first ones; nothing if there are
// none.
void append_bad_payloads(const std::vector<BadPayload>& payloads, std::string_view what,
                         std::string& message);

}  // namespace metaset::pkg5
