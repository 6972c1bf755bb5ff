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

std::string_view memory_setting(const ServeOptions& options) {
  return options.no_memory ? "off" : "";
}

}  // namespace

WebSettings depot_settings(const ServeOptions& options) {
  return {{"mode", options.mode},
          {"disable_ops", options.disable_ops},
          {"view", options.view},
          {"past_views", options.past_views},
          {"transfer", options.transfer},
          {"group", options.group},
          {"templates", options.templates},
          {"metrics", options.metrics},
          {"memory", memory_setting(options)}};
}

WebSettings preview_settings(const ServeOptions& options) {
  return {{"disable_ops", options.disable_ops},
          {"templates", options.templates},
          {"metrics", options.metrics}};
}

WebSettings publish_settings(const ServeOptions& options) {
  return {{"area", options.publish_area},      {"close", options.publish_close},
          {"preview", options.preview},        {"past_views", options.past_views},
          {"memory", memory_setting(options)}, {"transfer", options.transfer},
          {"templates", options.templates},    {"metrics", options.metrics}};
}

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

std::string shipped_paths(const ServePrograms& programs, std::string_view name) {
  return read_file(join_path(programs.configuration, name), kMaxConfiguration);
}

}  // namespace metaset::app
