// LMDB return codes become metaset::Error.
#pragma once

#include <string_view>

#include "metaset/base/error.h"

namespace metaset::lmdb {
[[nodiscard]] Error lmdb_error(int rc, std::string_view doing, std::string_view name);
inline void check(int rc, std::string_view doing, std::string_view name = {}) {
  if (rc != 0) throw lmdb_error(rc, doing, name);
}
}  // namespace metaset::lmdb
