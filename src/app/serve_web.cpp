#include "serve_web.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

namespace metaset::app {
namespace {

constexpr std::uint64_t kMaxConfiguration = 1 << 20;

std::size_t replace(std::string& text, std::string_view from, std::string_view to) {
  std::size_t count = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
    ++count;
  }
  return count;
}

}  // namespace

std::string with_paths(std::string shipped,
                       const std::vector<std::pair<std::string_view, std::string>>& ours) {
  for (const auto& [from, to] : ours) {
    if (replace(shipped, from, to) != 0) continue;
    throw Error(Code::kCorrupt, fmt::format("paths.conf does not name {}: it must be the file that "
                                            "is shipped with metaset",
                                            from));
  }
  return shipped;
}

std::string shipped_paths(const ServePrograms& programs) {
  return read_file(join_path(programs.configuration, "paths.conf"), kMaxConfiguration);
}

}  // namespace metaset::app
