// UTC times in microseconds, and the forms the protocol writes them in (protocol/catalog.md section
// 2).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace metaset {

// Microseconds since 1970-01-01T00:00:00Z. Years 1 to 9999.
struct Time {
  std::int64_t micros = 0;
  auto operator<=>(const Time&) const = default;
  std::int64_t seconds() const;  // rounded towards the past
  std::int64_t hour() const;     // hours since 1970, rounded towards the past
};

Time now();

// YYYYMMDDTHHMMSS[.ffffff]Z, the fraction left out when it is zero.
std::string basic_timestamp(Time time);
std::optional<Time> parse_basic_timestamp(std::string_view text);
// That, or the extended form "2024-05-01T10:00:00.123456Z".
std::optional<Time> parse_iso_timestamp(std::string_view text);
// YYYYMMDDTHHMMSSZ: the timestamp of an FMRI.
std::string fmri_timestamp(Time time);
// YYYYMMDDTHHZ of an hour since 1970: the name of an update log, and back.
std::string update_hour(std::int64_t hour);
std::optional<std::int64_t> parse_update_hour(std::string_view text);
// "Wed, 01 May 2024 10:00:00 GMT"; and back (that form only).
std::string http_date(Time time);
std::optional<Time> parse_http_date(std::string_view text);
// "2024-05-01T10:00:09.123456", always with six digits, without zone: catalog/0 and JSON output (+
// "Z").
std::string iso_timestamp(Time time);
// "Wed May  1 10:00:00 2024": the C locale's %c, for info/0.
std::string c_locale_date(Time time);

}  // namespace metaset
