// robots.txt (protocol/http.md section 10).
#pragma once

#include <string_view>

namespace metaset::depot {

inline constexpr std::string_view kRobotsText = "User-agent: *\nDisallow: /\n";

}  // namespace metaset::depot
