// What a location offers of the table: program, mode, switched-off operations.
#include <algorithm>

#include "metaset/http/routes.h"

#include "config.h"

namespace metaset::http {

bool publishes(const Config& config, Role role) {
  return role == Role::kPublish && config.mode == kDefaultMode;
}

bool is_offered(const Route& route, const Config& config, Role role) {
  if ((route.modes & config.mode) == 0) return false;
  if (route.operation == kMetricsOperation && config.metrics.empty()) return false;
  const bool reads = route.handler != nullptr;
  const bool writes = route.write_handler != nullptr && publishes(config, role);
  return (reads || writes) &&
         std::ranges::none_of(config.disabled, [&](const DisabledOperation& disabled) {
           return disabled.name == route.operation &&
                  (disabled.version.empty() || disabled.version == route.version);
         });
}

std::string versions_text(std::span<const Route> table, const Config& config, Role role) {
  std::string text = "pkg-server metaset-" PACKAGE_VERSION "\n";
  std::string_view last;
  for (const Route& route : table) {
    if (route.version.empty() || route.operation == kApiOperation) continue;
    if (!is_offered(route, config, role)) continue;
    if (route.operation != last) {
      if (!last.empty()) text += '\n';
      text += route.operation;
      last = route.operation;
    }
    text += ' ';
    text += route.version;
  }
  if (!last.empty()) text += '\n';
  return text;
}

}  // namespace metaset::http
