// What the test and the library of faults.cpp share: a file that both have mapped. tests/system/
// faults.py has the same layout. All numbers are 64 bits wide, in the machine's order.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace faults {

// Which system calls are counted, as bits of Control::kinds.
enum Kind : std::uint64_t {
  kOpen = 1,     // whatever gives a descriptor
  kCreate = 2,   // new names: creating, linking, renaming
  kData = 4,     // writing and cutting files
  kSync = 8,     // waiting until something is on disk
  kRemove = 16,  // names that go
  kModes = 32,   // modes and times
};

struct Control {
  std::atomic<std::uint64_t> at;       // number of the call that is hit, from 1; 0: none
  std::atomic<std::uint64_t> error;    // errno that it fails with; 0: the process is killed instead
  std::atomic<std::uint64_t> lasting;  // not 0: all calls after it are hit too
  std::atomic<std::uint64_t> partial;  // not 0: a write() that is hit first writes half
  std::atomic<std::uint64_t> kinds;
  std::atomic<std::uint64_t> calls;  // counted so far
  std::atomic<std::uint64_t> hits;   // how many were hit
  std::array<char, 256> last;        // name and path of the first one that was hit
  std::array<char, 1024> top;        // only what is at or below this directory counts
};
static_assert(sizeof(std::atomic<std::uint64_t>) == 8);

// Mapped once per process; without METASET_FAULTS in the environment nothing is ever hit.
Control& control();

// Counts a call. True if it is to fail: errno is set then. Does not return if the process is to be
// killed; half_first is called before.
bool is_hit(std::uint64_t kinds, const char* name, const char* path,
            void (*half_first)(void*) = nullptr, void* argument = nullptr);

}  // namespace faults
