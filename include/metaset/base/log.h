// Diagnostics to a file descriptor (standard error), one line each, written with one write(2) call:
// as text for people, or as JSON objects for programs.
// Thread-safety: any thread. The Logger is passed to whoever logs; there is no global one.
#pragma once

#include <string_view>

namespace metaset {

enum class Level { kDebug, kInfo, kWarning, kError };

enum class LogFormat { kText, kJson };
// What the variable METASET_LOG says: text (default) or json. kUsage if that is something else.
LogFormat log_format_of_environment();

class Logger {
 public:
  // Does not own the descriptor. `program` and the process id begin each line; it must outlive the
  // logger.
  Logger(int fd, std::string_view program, Level lowest = Level::kInfo,
         LogFormat format = LogFormat::kText);
  // The same, for what concerns one request: its id is on each line, unless it is empty. The id
  // must outlive the logger that is returned.
  Logger with_request(std::string_view id) const;
  void log(Level level, std::string_view message) const;
  void info(std::string_view message) const { log(Level::kInfo, message); }
  void warning(std::string_view message) const { log(Level::kWarning, message); }
  void error(std::string_view message) const { log(Level::kError, message); }
  // "what: why". Out of memory, it says nothing: for where nothing may be thrown.
  void try_log(Level level, std::string_view what, std::string_view why) const noexcept;

 private:
  int fd_;
  std::string_view program_;
  Level lowest_;
  LogFormat format_;
  std::string_view request_;
};

}  // namespace metaset
