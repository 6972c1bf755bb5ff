#include "metaset/base/file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset {
namespace {

constexpr std::size_t kReadChunk = 65536;
constexpr std::size_t kLargestWrite = std::size_t{1} << 30;  // below the kernel's own limit

int open_retrying(const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// The size of a regular file; other things tell nothing.
std::size_t size_hint(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 0) return 0;
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) reset(other.release());
  return *this;
}

int Fd::release() { return std::exchange(fd_, -1); }

void Fd::reset(int fd) {
  // Not repeated after EINTR: Linux has closed it, and the number may belong to another thread.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Fd open_file(const std::string& path, int flags, mode_t mode) {
  Fd fd(open_retrying(path, flags, mode));
  if (!fd) throw system_error(errno, "cannot open", path);
  return fd;
}

std::optional<Fd> open_if_exists(const std::string& path, int flags) {
  Fd fd(open_retrying(path, flags, 0644));
  if (fd) return fd;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw system_error(errno, "cannot open", path);
}

std::size_t read_some(int fd, char* to, std::size_t size, std::string_view name) {
  while (true) {
    const ssize_t count = ::read(fd, to, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_error(errno, "cannot read", name);
  }
}

std::size_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset,
                    std::string_view name) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
    if (count == 0) break;
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      throw system_error(errno, "cannot read", name);
    }
  }
  return done;
}

std::string read_all(int fd, std::string_view name, std::uint64_t max_size) {
  std::string bytes;
  // One byte more than is allowed shows that there is more; one more than the size hint lets the
  // end be seen without growing.
  const std::size_t most =
      static_cast<std::size_t>(std::min<std::uint64_t>(max_size, bytes.max_size() - 1)) + 1;
  const std::size_t hint = size_hint(fd);
  bytes.resize(std::min(most, hint == 0 ? kReadChunk : hint + 1));
  std::size_t used = 0;
  while (true) {
    const std::size_t count = read_some(fd, bytes.data() + used, bytes.size() - used, name);
    if (count == 0) break;
    used += count;
    if (used == most) {
      throw Error(Code::kLimit, std::string(name) + " is larger than the allowed " +
                                    std::to_string(max_size) + " bytes");
    }
    if (used == bytes.size()) {
      bytes.resize(used > most / 2 ? most : std::max(2 * used, std::min(most, kReadChunk)));
    }
  }
  bytes.resize(used);
  return bytes;
}

std::string read_file(const std::string& path, std::uint64_t max_size) {
  const Fd fd = open_file(path, O_RDONLY);
  return read_all(fd.get(), path, max_size);
}

std::optional<std::string> read_file_if_exists(const std::string& path, std::uint64_t max_size) {
  const std::optional<Fd> fd = open_if_exists(path, O_RDONLY);
  if (!fd) return std::nullopt;
  return read_all(fd->get(), path, max_size);
}

void write_all(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), std::min(bytes.size(), kLargestWrite));
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw system_error(errno, "cannot write", name);
    }
  }
}

std::optional<FileInfo> file_info(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error(errno, "cannot examine", path);
  }
  FileInfo info;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.modified = status.st_mtime;
  info.device = status.st_dev;
  info.inode = status.st_ino;
  info.is_directory = S_ISDIR(status.st_mode);
  info.is_regular = S_ISREG(status.st_mode);
  return info;
}

}  // namespace metaset
