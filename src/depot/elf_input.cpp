#include "elf_input.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::depot {

ElfInput ElfInput::of_file(const std::string& path) {
  ElfInput input{std::string_view{}};
  input.fd_ = open_file(path, O_RDONLY);
  input.path_ = path;
  struct stat info {};
  if (fstat(input.fd_.get(), &info) != 0) throw system_error(errno, "reading", path);
  input.size_ = static_cast<std::uint64_t>(info.st_size);
  return input;
}

bool ElfInput::read(std::uint64_t offset, void* to, std::size_t length) const {
  if (!contains(offset, length)) return false;
  if (fd_) return read_file(offset, static_cast<char*>(to), length);
  std::memcpy(to, content_.data() + offset, length);
  return true;
}

bool ElfInput::read_file(std::uint64_t offset, char* to, std::size_t length) const {
  while (length > 0) {
    const ssize_t got = pread(fd_.get(), to, length, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(errno, "reading", path_);
    if (got == 0) return false;  // it has become shorter
    to += got;
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace metaset::depot
