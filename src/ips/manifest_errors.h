// Messages about lines of a manifest.
#pragma once

#include <cstddef>

#include "metaset/base/error.h"

namespace metaset::ips {

// The same error, with the line before the column: "line 3, column 7: ..." or "line 3: ...".
Error at_line(const Error& error, std::size_t line);

// kLimit beyond kMaxActions.
void check_action_count(std::size_t count, std::size_t line);

}  // namespace metaset::ips
