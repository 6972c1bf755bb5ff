// Memory that runs out: for tests of what then happens in threads of the program. It replaces
// operator new, so only one file of a program includes it. Sanitizers have their own, which need
// not be replaced: METASET_FIXED_NEW is defined then, and there is nothing to test with.
#pragma once

#include <atomic>
#include <climits>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define METASET_FIXED_NEW
#endif
#endif

#ifndef METASET_FIXED_NEW
namespace metaset {

inline std::atomic<bool> armed = false;
inline std::atomic<int> first_failing = 0, after_failing = 0, allocations = 0;
inline thread_local bool exempt = false;
inline thread_local bool armed_here = false;
inline thread_local int allowed_here = 0;

inline bool allocation_fails() {
  if (armed_here) return allowed_here-- <= 0;
  if (exempt || !armed.load(std::memory_order_relaxed)) return false;
  const int number = allocations++;
  return number >= first_failing && number < after_failing;
}

// As long as it exists, operator new fails in all threads but the one that made it: `allowed`
// allocations succeed, then `failing` of them fail, then all succeed again. One at a time.
class NoMemory {
 public:
  explicit NoMemory(int allowed, int failing = INT_MAX) {
    exempt = true;
    allocations = 0;
    first_failing = allowed;
    after_failing = failing > INT_MAX - allowed ? INT_MAX : allowed + failing;
    armed = true;
  }
  ~NoMemory() {
    armed = false;
    exempt = false;
  }
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;

  static bool failed() { return allocations > first_failing; }  // at least once
};

// The same in this thread only, after so many allocations.
class NoMemoryHere {
 public:
  explicit NoMemoryHere(int allowed = 0) {
    allowed_here = allowed;
    armed_here = true;
  }
  ~NoMemoryHere() { armed_here = false; }
  NoMemoryHere(const NoMemoryHere&) = delete;
  NoMemoryHere& operator=(const NoMemoryHere&) = delete;

  static bool failed() { return allowed_here < 0; }  // at least once
};

}  // namespace metaset

void* operator new(std::size_t size) {
  void* const memory = metaset::allocation_fails() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif
