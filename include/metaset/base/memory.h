// What the C library does with freed memory.
#pragma once

#include <cstddef>

namespace metaset {

// Lets every thread keep up to `bytes` of what it frees, also in large pieces, instead of giving it
// back to the kernel at once. For workers, each request of which needs as much again: returning
// pages and getting new ones takes longer than compressing a small payload. Call it before threads
// are started. No effect with a C library that cannot be told.
void keep_freed_memory(std::size_t bytes) noexcept;

}  // namespace metaset
