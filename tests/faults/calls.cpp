// A library to be preloaded: system calls that change files fail, or kill the process, when the
// test says so in the mapped file. Each function here takes the place of the C library's. What the
// C library calls within itself is not seen, so mkostemp() and mkdtemp() are here too, which are
// one system call each. A test compares what is counted here with what strace sees.
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "control.h"

namespace {

using namespace faults;

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// What the path of a descriptor is; "" for sockets, pipes, and the log on standard error.
struct PathOf {
  explicit PathOf(int fd) {
    struct stat info {};
    if (fd <= STDERR_FILENO || ::fstat(fd, &info) != 0) return;
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) return;
    std::array<char, 64> link{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
    const ssize_t size = ::readlink(link.data(), path.data(), path.size() - 1);
    if (size < 0) path[0] = '\0';
  }
  std::array<char, PATH_MAX> path{};
};

bool fd_is_hit(std::uint64_t kind, const char* name, int fd) {
  const int before = errno;
  const PathOf of(fd);
  if (of.path[0] == '\0' || !is_hit(kind, name, of.path.data())) {
    errno = before;
    return false;
  }
  return true;
}

std::uint64_t kinds_of_open(int flags) { return (flags & O_CREAT) != 0 ? kOpen | kCreate : kOpen; }

mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

struct HalfWrite {
  int fd;
  const void* bytes;
  size_t size;
  ssize_t written;
};
void write_half(void* argument) {
  auto* half = static_cast<HalfWrite*>(argument);
  half->written = next<decltype(::write)>("write")(half->fd, half->bytes, half->size / 2);
}

}  // namespace

// Opens a brace that the function's body continues: what is hit has failed.
#define REPLACE_FD(kind, name, result, parameters, fd, ...)   \
  extern "C" result name parameters {                         \
    if (fd_is_hit(kind, #name, fd)) return -1;                \
    static auto* const real = next<result parameters>(#name); \
    return real(__VA_ARGS__);                                 \
  }
#define REPLACE_PATH(kind, name, result, parameters, path, failure, ...) \
  extern "C" result name parameters {                                    \
    if (is_hit(kind, #name, path)) return failure;                       \
    static auto* const real = next<result parameters>(#name);            \
    return real(__VA_ARGS__);                                            \
  }

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  const PathOf of(fd);
  HalfWrite half{fd, bytes, size, -1};
  const bool splits = size > 1;
  if (of.path[0] != '\0' &&
      is_hit(kData, "write", of.path.data(), splits ? write_half : nullptr, &half)) {
    return -1;
  }
  return half.written >= 0 ? half.written : real(fd, bytes, size);
}

REPLACE_FD(kData, pwrite, ssize_t, (int fd, const void* bytes, size_t size, off_t at), fd, fd,
           bytes, size, at)
REPLACE_FD(kData, pwrite64, ssize_t, (int fd, const void* bytes, size_t size, off64_t at), fd, fd,
           bytes, size, at)
REPLACE_FD(kData, writev, ssize_t, (int fd, const iovec* parts, int count), fd, fd, parts, count)
REPLACE_FD(kData, pwritev, ssize_t, (int fd, const iovec* parts, int count, off_t at), fd, fd,
           parts, count, at)
REPLACE_FD(kData, ftruncate, int, (int fd, off_t size) noexcept, fd, fd, size)
REPLACE_FD(kData, ftruncate64, int, (int fd, off64_t size) noexcept, fd, fd, size)
REPLACE_FD(kSync, fsync, int, (int fd), fd, fd)
REPLACE_FD(kSync, fdatasync, int, (int fd), fd, fd)
REPLACE_FD(kSync, syncfs, int, (int fd) noexcept, fd, fd)
REPLACE_FD(kModes, fchmod, int, (int fd, mode_t mode) noexcept, fd, fd, mode)
REPLACE_FD(kModes, futimens, int, (int fd, const timespec times[2]) noexcept, fd, fd, times)

REPLACE_PATH(kCreate, rename, int, (const char* from, const char* to) noexcept, to, -1, from, to)
REPLACE_PATH(kCreate, renameat2, int,
             (int from_at, const char* from, int to_at, const char* to, unsigned flags) noexcept,
             to, -1, from_at, from, to_at, to, flags)
REPLACE_PATH(kCreate, link, int, (const char* from, const char* to) noexcept, to, -1, from, to)
REPLACE_PATH(kCreate, linkat, int,
             (int from_at, const char* from, int to_at, const char* to, int flags) noexcept, to, -1,
             from_at, from, to_at, to, flags)
REPLACE_PATH(kCreate, symlink, int, (const char* target, const char* path) noexcept, path, -1,
             target, path)
REPLACE_PATH(kCreate, mkdir, int, (const char* path, mode_t mode) noexcept, path, -1, path, mode)
REPLACE_PATH(kCreate, mkdtemp, char*, (char* path) noexcept, path, nullptr, path)
REPLACE_PATH(kOpen | kCreate, mkostemp, int, (char* path, int flags), path, -1, path, flags)
REPLACE_PATH(kOpen | kCreate, mkstemp, int, (char* path), path, -1, path)
REPLACE_PATH(kRemove, unlink, int, (const char* path) noexcept, path, -1, path)
REPLACE_PATH(kRemove, unlinkat, int, (int at, const char* path, int flags) noexcept, path, -1, at,
             path, flags)
REPLACE_PATH(kRemove, rmdir, int, (const char* path) noexcept, path, -1, path)
REPLACE_PATH(kModes, chmod, int, (const char* path, mode_t mode) noexcept, path, -1, path, mode)

REPLACE_PATH(kModes, chown, int, (const char* path, uid_t user, gid_t group) noexcept, path, -1,
             path, user, group)

#define REPLACE_OPEN(name)                                             \
  extern "C" int name(const char* path, int flags, ...) {              \
    va_list arguments;                                                 \
    va_start(arguments, flags);                                        \
    const mode_t mode = mode_of(flags, arguments);                     \
    va_end(arguments);                                                 \
    if (is_hit(kinds_of_open(flags), #name, path)) return -1;          \
    static auto* const real = next<int(const char*, int, ...)>(#name); \
    return real(path, flags, mode);                                    \
  }
REPLACE_OPEN(open)
REPLACE_OPEN(open64)

#define REPLACE_OPENAT(name)                                                \
  extern "C" int name(int at, const char* path, int flags, ...) {           \
    va_list arguments;                                                      \
    va_start(arguments, flags);                                             \
    const mode_t mode = mode_of(flags, arguments);                          \
    va_end(arguments);                                                      \
    if (is_hit(kinds_of_open(flags), #name, path)) return -1;               \
    static auto* const real = next<int(int, const char*, int, ...)>(#name); \
    return real(at, path, flags, mode);                                     \
  }
REPLACE_OPENAT(openat)
REPLACE_OPENAT(openat64)
