#include "metaset/base/shared_mapping.h"

#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <sys/stat.h>

#include "metaset/base/error.h"

namespace metaset {

SharedMapping::SharedMapping(const Fd& file, const std::string& path, std::size_t size,
                             bool writable)
    : size_(size) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error(errno, "looking at", path);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  const int protection = PROT_READ | (writable ? PROT_WRITE : 0);
  void* const memory = ::mmap(nullptr, size, protection, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) throw system_error(errno, "mapping", path);
  words_ = static_cast<std::uint64_t*>(memory);
}

SharedMapping::~SharedMapping() { ::munmap(words_, size_); }

bool SharedMapping::is_at(const std::string& path) const noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

std::uint64_t word_of(const char (&text)[9]) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof(word));
  return word;
}

}  // namespace metaset
