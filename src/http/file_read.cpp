#include "http/file_read.h"

#include <cerrno>

#include <fmt/format.h>
#include <unistd.h>

namespace metaset::http {

std::size_t read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                    const std::string& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count =
        ::pread(fd, buffer + done, size - done, static_cast<off_t>(offset + done));
    if (count == 0) break;
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      throw system_error(errno, "reading", path);
    }
  }
  return done;
}

Error shortened(const std::string& path, std::uint64_t size) {
  return Error(Code::kCorrupt, fmt::format("{} is shorter than its {} bytes", path, size));
}

}  // namespace metaset::http
