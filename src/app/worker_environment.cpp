#include "worker_environment.h"

#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "metaset/http/request.h"

namespace metaset::app {
namespace {

// Also what `metaset` in the same shell finds its repository by.
constexpr std::string_view kRoot = "METASET_ROOT";

}  // namespace

void check_worker_environment(const Logger& log) {
  for (const char* const* one = environ; *one != nullptr; ++one) {
    const std::string_view variable(*one);
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!name.starts_with("METASET_") || name == kRoot || http::is_program_variable(name)) continue;
    log.warning(http::is_location_parameter(name)
                    ? fmt::format("{} in the environment says nothing here: it is a parameter of a "
                                  "location, and the web server has to send it with each request",
                                  name)
                    : fmt::format("{} in the environment is not known", name));
  }
}

}  // namespace metaset::app
