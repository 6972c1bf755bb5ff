// Shell patterns (metaset/ips/version.h) on texts that may be very long.
#pragma once

#include <functional>
#include <string_view>

namespace metaset::ips {

// `step` is called now and then; it may throw.
bool matches_glob(std::string_view text, std::string_view pattern,
                  const std::function<void()>& step);

}  // namespace metaset::ips
