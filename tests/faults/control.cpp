#include "control.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace faults {
namespace {

Control* map_control() {
  const char* path = std::getenv("METASET_FAULTS");
  if (path == nullptr) return new Control{};
  const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0));
  void* shared = fd < 0
                     ? MAP_FAILED
                     : ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) std::abort();
  ::syscall(SYS_close, fd);
  return static_cast<Control*>(shared);
}

bool is_below_top(const char* path) {
  const char* top = control().top.data();
  const std::size_t size = std::strlen(top);
  return size > 0 && std::strncmp(path, top, size) == 0 &&
         (path[size] == '\0' || path[size] == '/');
}

}  // namespace

Control& control() {
  static Control* const shared = map_control();
  return *shared;
}

bool is_hit(std::uint64_t kinds, const char* name, const char* path, void (*half_first)(void*),
            void* argument) {
  Control& c = control();
  const std::uint64_t at = c.at.load();
  // Paths relative to a directory's descriptor are only used while a tree is removed.
  if ((kinds & c.kinds.load()) == 0 || (path[0] == '/' && !is_below_top(path))) return false;
  const std::uint64_t number = ++c.calls;
  if (at == 0 || number < at || (number > at && c.lasting.load() == 0)) return false;
  if (c.hits++ == 0) std::snprintf(c.last.data(), c.last.size(), "%s %s", name, path);
  const std::uint64_t error = c.error.load();
  if (number == at && c.partial.load() != 0 && half_first != nullptr) {
    half_first(argument);
    if (error != 0) return false;  // a short write is no error; what follows is
  }
  if (error == 0) {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
  }
  errno = static_cast<int>(error);
  return true;
}

}  // namespace faults
