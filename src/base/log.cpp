#include "metaset/base/log.h"

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/base/percent.h"

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

// Messages may quote bytes that are no UTF-8, which JSON cannot hold.
std::string as_utf8(std::string_view text) {
  return is_utf8(text) ? std::string(text) : utf8_from_latin1(text);
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

std::string text_line(std::string_view program, Level level, std::string_view request,
                      std::string_view message) {
  std::string line = fmt::format("{}[{}]: {}: ", program, ::getpid(), level_name(level));
  append_one_line(message, line);
  if (request.empty()) return line;
  line += " (request ";
  append_one_line(request, line);
  return line + ')';
}

std::string json_line(std::string_view program, Level level, std::string_view request,
                      std::string_view message) {
  std::string line =
      fmt::format("{{\"time\": \"{}Z\", \"level\": \"{}\", \"program\": {}, \"pid\": {}",
                  iso_timestamp(now()), level_name(level), json_string(program), ::getpid());
  if (!request.empty()) line += ", \"request\": " + json_string(as_utf8(request));
  return line + ", \"message\": " + json_string(as_utf8(message)) + '}';
}

}  // namespace

LogFormat log_format_of_environment() {
  const char* const value = std::getenv("METASET_LOG");
  const std::string_view text = value == nullptr ? "" : value;
  if (text.empty() || text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  throw Error(Code::kUsage, fmt::format("METASET_LOG is '{}': it must be text or json", text));
}

Logger::Logger(int fd, std::string_view program, Level lowest, LogFormat format)
    : fd_(fd), program_(program), lowest_(lowest), format_(format) {}

Logger Logger::with_request(std::string_view id) const {
  Logger logger = *this;
  logger.request_ = id;
  return logger;
}

void Logger::log(Level level, std::string_view message) const {
  if (level < lowest_) return;
  std::string line = format_ == LogFormat::kJson ? json_line(program_, level, request_, message)
                                                 : text_line(program_, level, request_, message);
  line += '\n';
  // Nothing can be done about a log that cannot be written.
  while (::write(fd_, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

void Logger::try_log(Level level, std::string_view what, std::string_view why) const noexcept {
  try {
    log(level, fmt::format("{}: {}", what, why));
  } catch (const std::exception&) {
  }
}

}  // namespace metaset
