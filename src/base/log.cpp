#include "metaset/base/log.h"

#include <cerrno>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace metaset {
namespace {

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

// Messages quote what peers sent: a line break in them must not look like a line of ours.
void append_one_line(std::string_view message, std::string& line) {
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
    } else {
      line += c;
    }
  }
}

}  // namespace

Logger::Logger(int fd, std::string_view program, Level lowest)
    : fd_(fd), program_(program), lowest_(lowest) {}

void Logger::log(Level level, std::string_view message) const {
  if (level < lowest_) return;
  std::string line = fmt::format("{}[{}]: {}: ", program_, ::getpid(), level_name(level));
  append_one_line(message, line);
  line += '\n';
  // Nothing can be done about a log that cannot be written.
  while (::write(fd_, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace metaset
