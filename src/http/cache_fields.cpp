#include "http/cache_fields.h"

#include <algorithm>
#include <iterator>

#include <fmt/compile.h>

namespace metaset::http {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kYear = 365 * kDay;

void append_max_age(std::int64_t seconds, Time now, std::string& head) {
  const Time expires{now.micros + seconds * 1'000'000};
  fmt::format_to(std::back_inserter(head),
                 FMT_COMPILE("Cache-Control: must-revalidate, no-transform, max-age={}\r\n"
                             "Expires: {}\r\n"),
                 seconds, http_date(expires));
}

}  // namespace

void append_cache_fields(Cache policy, std::uint32_t refresh_seconds, Time now, std::string& head) {
  switch (policy) {
    case Cache::kNone:
      break;
    case Cache::kBrief:
      append_max_age(300, now, head);
      break;
    case Cache::kRevalidate:
    case Cache::kPage:
      head += "Cache-Control: no-cache\r\n";
      break;
    case Cache::kSearch:
      append_max_age(std::min<std::int64_t>(refresh_seconds, kDay), now, head);
      break;
    case Cache::kRefresh:
      append_max_age(refresh_seconds, now, head);
      break;
    case Cache::kProbe:
      append_max_age(kDay, now, head);
      break;
    case Cache::kImmutable:
      append_max_age(kYear, now, head);
      break;
    case Cache::kNever:
      head +=
          "Pragma: no-cache\r\nCache-Control: no-cache, no-transform, must-revalidate\r\n"
          "Expires: 0\r\n";
      break;
  }
}

}  // namespace metaset::http
