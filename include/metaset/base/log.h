// Diagnostics to a file descriptor (standard error), one line each, written with one write(2) call.
// Thread-safety: any thread. The Logger is passed to whoever logs; there is no global one.
#pragma once

#include <string_view>

namespace metaset {

enum class Level { kDebug, kInfo, kWarning, kError };

class Logger {
 public:
  // Does not own the descriptor. `program` and the process id begin each line; it must outlive the
  // logger.
  Logger(int fd, std::string_view program, Level lowest = Level::kInfo);
  void log(Level level, std::string_view message) const;
  void info(std::string_view message) const { log(Level::kInfo, message); }
  void warning(std::string_view message) const { log(Level::kWarning, message); }
  void error(std::string_view message) const { log(Level::kError, message); }

 private:
  int fd_;
  std::string_view program_;
  Level lowest_;
};

}  // namespace metaset
