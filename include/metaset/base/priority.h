// Work that must not get in anybody's way.
#pragma once

namespace metaset {

// Gives this thread, and the threads that it starts afterwards, the lowest priority for the
// processor, and the disk only when nobody else wants it, where the system has such a thing. It is
// no error if not.
void lower_priority() noexcept;

}  // namespace metaset
