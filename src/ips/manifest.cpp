#include "metaset/ips/manifest.h"

#include "ips/manifest_errors.h"
#include "ips/manifest_lines.h"
#include "ips/text.h"

namespace metaset::ips {

ManifestLines::ManifestLines(std::string_view text) : rest_(text) {
  if (text.size() > kMaxManifestText) {
    throw Error(Code::kLimit, fmt::format("a manifest of {} bytes; at most {} are allowed",
                                          text.size(), kMaxManifestText));
  }
}

std::string_view ManifestLines::take_physical_line() {
  const std::size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++current_;
  if (line.find('\r') != std::string_view::npos) {
    throw_invalid("line {}: carriage return", current_);
  }
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  return line;
}

bool ManifestLines::next(std::string_view& line) {
  while (!rest_.empty()) {
    line = take_physical_line();
    first_ = current_;
    if (line.ends_with('\\')) {
      joined_.clear();
      while (line.ends_with('\\')) {
        joined_ += line.substr(0, line.size() - 1);
        if (joined_.size() > kMaxActionText) {
          throw Error(Code::kLimit, fmt::format("line {}: an action of more than {} bytes", first_,
                                                kMaxActionText));
        }
        if (rest_.empty()) {
          unfinished_ = true;
          return false;
        }
        line = take_physical_line();
      }
      joined_ += line;
      line = joined_;
    }
    if (!line.empty() && line.front() != '#') return true;
  }
  return false;
}

Error at_line(const Error& error, std::size_t line) {
  const bool has_column = error.message().starts_with("column ");
  return Error(error.code(),
               fmt::format("line {}{} {}", line, has_column ? "," : ":", error.message()));
}

void for_each_line(std::string_view text, const std::function<void(std::string_view line)>& visit) {
  ManifestLines lines(text);
  std::string_view line;
  while (lines.next(line)) {
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    visit(line);
  }
}

void for_each_action(std::string_view text,
                     const std::function<void(Action&& action, std::size_t line)>& visit) {
  ManifestLines lines(text);
  std::string_view line;
  for (std::size_t count = 1; lines.next(line); ++count) {
    check_action_count(count, lines.number());
    visit(
        [&] {
          try {
            return Action::parse(line);
          } catch (const Error& error) {
            throw at_line(error, lines.number());
          }
        }(),
        lines.number());
  }
}

void check_action_count(std::size_t count, std::size_t line) {
  if (count > kMaxActions) {
    throw Error(Code::kLimit, fmt::format("line {}: more than {} actions", line, kMaxActions));
  }
}

}  // namespace metaset::ips
