#include "metaset/base/priority.h"

#include <cerrno>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace metaset {

void lower_priority() noexcept {
  const int kept = errno;
  // On Linux both are properties of a thread, which new threads inherit.
  ::setpriority(PRIO_PROCESS, 0, 19);
#ifdef SYS_ioprio_set
  // linux/ioprio.h is not everywhere, and the C library has no function for it.
  constexpr int kWhoProcess = 1, kClassIdle = 3, kClassShift = 13;
  ::syscall(SYS_ioprio_set, kWhoProcess, 0, kClassIdle << kClassShift);
#endif
  errno = kept;
}

}  // namespace metaset
