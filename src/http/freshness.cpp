#include "http/freshness.h"

#include <algorithm>
#include <limits>

#include "metaset/base/clock.h"
#include "metaset/http/config.h"

namespace metaset::http {
namespace {

// The web server reads the same clock, which may have been set meanwhile.
group::BootTime age_of_request(const Request& request) {
  const auto began = parse_request_time(request[Param::kRequestTime]);
  if (!began) return 0;
  constexpr group::BootTime kMicrosecond = group::kMillisecond / 1000;
  return std::clamp<std::int64_t>(now().micros - began->micros, 0,
                                  Freshness::kLimit / kMicrosecond) *
         kMicrosecond;
}

}  // namespace

Freshness::Freshness(const Request& request, bool in_group)
    : request_(request),
      until_(in_group ? group::boot_now() + kLimit - age_of_request(request)
                      : std::numeric_limits<group::BootTime>::max()) {}

void Freshness::held_until(group::BootTime time) { until_ = std::max(until_, time + kAfterHold); }

bool Freshness::lasts() const {
  return group::boot_now() < until_ && !request_.gateway().peer_gone();
}

}  // namespace metaset::http
