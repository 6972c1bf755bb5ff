// Has libfcgi read only what a RecordGuard lets through, for this directory.
//
// libfcgi reads connections through OS_Read(), which it exports, and like all that a shared library
// exports, one of the program itself comes before it: guarded_read.cpp has it. That is the one
// place where bytes can be looked at after they were read and before they are believed, without
// another system call, or another buffer.
#pragma once

#include "fcgi/record_guard.h"

namespace metaset::fcgi {

// What libfcgi reads in this thread passes the guard, which outlives it; what does not is the end
// of the connection to it. One at a time.
class GuardedReads {
 public:
  explicit GuardedReads(RecordGuard& guard) noexcept;
  ~GuardedReads();
  GuardedReads(const GuardedReads&) = delete;
  GuardedReads& operator=(const GuardedReads&) = delete;
};

// False if this libfcgi uses its own OS_Read all the same, as if it was linked with
// -Bsymbolic-functions. Tries it; FCGX_Init() was called before. kIo if there are no descriptors.
bool reads_are_guarded();

}  // namespace metaset::fcgi
