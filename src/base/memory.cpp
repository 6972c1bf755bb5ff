#include "metaset/base/memory.h"

#include <algorithm>
#include <climits>

#include <stdlib.h>  // defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace metaset {

void keep_freed_memory(std::size_t bytes) noexcept {
#ifdef __GLIBC__
  const int limit = static_cast<int>(std::min<std::size_t>(bytes, INT_MAX));
  ::mallopt(M_TRIM_THRESHOLD, limit);
  ::mallopt(M_MMAP_THRESHOLD, limit);
#else
  static_cast<void>(bytes);
#endif
}

}  // namespace metaset
