#include "metaset/base/clock.h"

#include <array>
#include <chrono>

#include <fmt/compile.h>

#include "metaset/base/error.h"

namespace metaset {
namespace {

namespace chrono = std::chrono;
using Micros = chrono::sys_time<chrono::microseconds>;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr Micros kFirst = chrono::sys_days(chrono::year(1) / 1 / 1);
constexpr Micros kEnd = chrono::sys_days(chrono::year(10000) / 1 / 1);
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerHour = 3600;

struct Fields {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned micros = 0;
};

std::int64_t floor_divide(std::int64_t number, std::int64_t divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

Fields fields_of(Time time) {
  const Micros point{chrono::microseconds(time.micros)};
  if (point < kFirst || point >= kEnd) {
    throw Error(Code::kInvalid,
                fmt::format("time {} us is outside of the years 1 to 9999", time.micros));
  }
  const auto midnight = chrono::floor<chrono::days>(point);
  const chrono::year_month_day date(midnight);
  const chrono::hh_mm_ss clock(point - midnight);
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<unsigned>(clock.hours().count()),
          static_cast<unsigned>(clock.minutes().count()),
          static_cast<unsigned>(clock.seconds().count()),
          static_cast<unsigned>(clock.subseconds().count())};
}

// nullopt if there is no such date or time of day.
std::optional<Time> time_of(const Fields& fields) {
  const chrono::year_month_day date(chrono::year(fields.year), chrono::month(fields.month),
                                    chrono::day(fields.day));
  if (fields.year < 1 || !date.ok()) return std::nullopt;
  if (fields.hour > 23 || fields.minute > 59 || fields.second > 59) return std::nullopt;
  const Micros point = chrono::sys_days(date) + chrono::hours(fields.hour) +
                       chrono::minutes(fields.minute) + chrono::seconds(fields.second) +
                       chrono::microseconds(fields.micros);
  return Time{point.time_since_epoch().count()};
}

std::string_view weekday_of(Time time) {
  const Micros point{chrono::microseconds(time.micros)};
  return kDays[chrono::weekday(chrono::floor<chrono::days>(point)).c_encoding()];
}

// Takes a text of fixed form apart from its left end.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  template <typename Number>
  bool digits(std::size_t count, Number& number) {
    if (rest_.size() < count) return false;
    number = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      number = number * 10 + static_cast<Number>(c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }
  bool literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  // YYYYMMDDTHH
  bool date_and_hour(Fields& fields) {
    return digits(4, fields.year) && digits(2, fields.month) && digits(2, fields.day) &&
           literal("T") && digits(2, fields.hour);
  }
  bool month_name(unsigned& month) {
    for (month = 1; month <= kMonths.size(); ++month) {
      if (literal(kMonths[month - 1])) return true;
    }
    return false;
  }
  bool skip(std::size_t count) {
    if (rest_.size() < count) return false;
    rest_.remove_prefix(count);
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::int64_t Time::seconds() const { return floor_divide(micros, kMicrosPerSecond); }
std::int64_t Time::hour() const { return floor_divide(seconds(), kSecondsPerHour); }

Time now() {
  const auto point = chrono::floor<chrono::microseconds>(chrono::system_clock::now());
  return Time{point.time_since_epoch().count()};
}

std::string basic_timestamp(Time time) {
  const Fields f = fields_of(time);
  if (f.micros == 0) return fmri_timestamp(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}.{:06}Z", f.year, f.month, f.day, f.hour,
                     f.minute, f.second, f.micros);
}

std::optional<Time> parse_basic_timestamp(std::string_view text) {
  Parser parser(text);
  Fields fields;
  if (!parser.date_and_hour(fields)) return std::nullopt;
  if (!parser.digits(2, fields.minute) || !parser.digits(2, fields.second)) return std::nullopt;
  if (parser.literal(".") && !parser.digits(6, fields.micros)) return std::nullopt;
  if (!parser.literal("Z") || !parser.at_end()) return std::nullopt;
  return time_of(fields);
}

std::optional<Time> parse_iso_timestamp(std::string_view text) {
  // The extended form is the basic one with four more characters.
  constexpr std::size_t kDate = 10, kTime = 19;  // YYYY-MM-DD, T and hh:mm:ss behind it
  if (text.size() < kTime || text[4] != '-') return parse_basic_timestamp(text);
  if (text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  std::string basic;
  for (const std::size_t at : {0, 5, 8}) basic += text.substr(at, at == 0 ? 4 : 2);
  basic += text.substr(kDate, 3);
  basic.append(text.substr(14, 2)).append(text.substr(17));
  return parse_basic_timestamp(basic);
}

std::string fmri_timestamp(Time time) {
  const Fields f = fields_of(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", f.year, f.month, f.day, f.hour, f.minute,
                     f.second);
}

std::string update_hour(std::int64_t hour) {
  // Far outside of the years 1 to 9999 already; multiplying larger numbers would overflow.
  constexpr std::int64_t kFar = 1'000'000'000;
  if (hour < -kFar || hour > kFar) {
    throw Error(Code::kInvalid, fmt::format("hour {} is outside of the years 1 to 9999", hour));
  }
  const Fields f = fields_of(Time{hour * kSecondsPerHour * kMicrosPerSecond});
  return fmt::format("{:04}{:02}{:02}T{:02}Z", f.year, f.month, f.day, f.hour);
}

std::optional<std::int64_t> parse_update_hour(std::string_view text) {
  Parser parser(text);
  Fields fields;
  if (!parser.date_and_hour(fields) || !parser.literal("Z") || !parser.at_end()) {
    return std::nullopt;
  }
  const std::optional<Time> time = time_of(fields);
  if (!time) return std::nullopt;
  return time->hour();
}

std::string http_date(Time time) {
  const Fields f = fields_of(time);
  return fmt::format(FMT_COMPILE("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT"), weekday_of(time),
                     f.day, kMonths[f.month - 1], f.year, f.hour, f.minute, f.second);
}

std::optional<Time> parse_http_date(std::string_view text) {
  Parser parser(text);
  Fields f;
  const bool well_formed = parser.skip(3) && parser.literal(", ") && parser.digits(2, f.day) &&
                           parser.literal(" ") && parser.month_name(f.month) &&
                           parser.literal(" ") && parser.digits(4, f.year) && parser.literal(" ") &&
                           parser.digits(2, f.hour) && parser.literal(":") &&
                           parser.digits(2, f.minute) && parser.literal(":") &&
                           parser.digits(2, f.second) && parser.literal(" GMT") && parser.at_end();
  if (!well_formed) return std::nullopt;
  const std::optional<Time> time = time_of(f);
  if (!time || text.substr(0, 3) != weekday_of(*time)) return std::nullopt;
  return time;
}

std::string iso_timestamp(Time time) {
  const Fields f = fields_of(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}", f.year, f.month, f.day, f.hour,
                     f.minute, f.second, f.micros);
}

std::string c_locale_date(Time time) {
  const Fields f = fields_of(time);
  return fmt::format("{} {} {:2} {:02}:{:02}:{:02} {}", weekday_of(time), kMonths[f.month - 1],
                     f.day, f.hour, f.minute, f.second, f.year);
}

}  // namespace metaset
