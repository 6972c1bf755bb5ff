#include "metaset/base/clock.h"

#include <ctime>
#include <limits>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"

namespace metaset {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr Time kMay{1'714'557'609'123'456};  // 2024-05-01T10:00:09.123456Z
constexpr Time kFirst{-62'135'596'800 * kSecond};
constexpr Time kLast{253'402'300'800 * kSecond - 1};

rc::Gen<Time> any_time() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(kFirst.micros, kLast.micros + 1),
                      [](std::int64_t micros) { return Time{micros}; });
}

std::string strftime_of(Time time, const char* format) {
  const std::time_t seconds = time.seconds();
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  char buffer[100];
  return {buffer, std::strftime(buffer, sizeof buffer, format, &fields)};
}

BOOST_AUTO_TEST_SUITE(clock_forms)

BOOST_AUTO_TEST_CASE(forms_of_one_time) {
  BOOST_TEST(basic_timestamp(kMay) == "20240501T100009.123456Z");
  BOOST_TEST(basic_timestamp(Time{kMay.seconds() * kSecond}) == "20240501T100009Z");
  BOOST_TEST(basic_timestamp(Time{1}) == "19700101T000000.000001Z");
  BOOST_TEST(fmri_timestamp(kMay) == "20240501T100009Z");
  BOOST_TEST(update_hour(kMay.hour()) == "20240501T10Z");
  BOOST_TEST(http_date(kMay) == "Wed, 01 May 2024 10:00:09 GMT");
  BOOST_TEST(iso_timestamp(kMay) == "2024-05-01T10:00:09.123456");
  BOOST_TEST(iso_timestamp(Time{0}) == "1970-01-01T00:00:00.000000");
  BOOST_TEST(c_locale_date(kMay) == "Wed May  1 10:00:09 2024");
}

BOOST_AUTO_TEST_CASE(times_before_1970_round_to_the_past) {
  const Time before{-1};
  BOOST_TEST(before.seconds() == -1);
  BOOST_TEST(before.hour() == -1);
  BOOST_TEST(basic_timestamp(before) == "19691231T235959.999999Z");
  BOOST_TEST(update_hour(-1) == "19691231T23Z");
  BOOST_TEST(Time{-3600 * kSecond}.hour() == -1);
  BOOST_TEST(Time{-3600 * kSecond - 1}.hour() == -2);
}

BOOST_AUTO_TEST_CASE(years_1_to_9999_only) {
  BOOST_TEST(basic_timestamp(kFirst) == "00010101T000000Z");
  BOOST_TEST(basic_timestamp(kLast) == "99991231T235959.999999Z");
  for (const std::int64_t micros :
       {kFirst.micros - 1, kLast.micros + 1, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    BOOST_CHECK_THROW(basic_timestamp(Time{micros}), Error);
    BOOST_CHECK_THROW(http_date(Time{micros}), Error);
  }
  for (const std::int64_t hour :
       {kLast.hour() + 1, kFirst.hour() - 1, std::numeric_limits<std::int64_t>::max()}) {
    BOOST_CHECK_THROW(update_hour(hour), Error);
  }
}

BOOST_AUTO_TEST_CASE(parsing_undoes_formatting) {
  BOOST_CHECK(rc::check("basic", [] {
    const Time time = *any_time();
    RC_ASSERT(parse_basic_timestamp(basic_timestamp(time)) == time);
    RC_ASSERT(parse_update_hour(update_hour(time.hour())) == time.hour());
    const Time whole{time.seconds() * kSecond};
    RC_ASSERT(parse_basic_timestamp(fmri_timestamp(time)) == whole);
    RC_ASSERT(parse_http_date(http_date(time)) == whole);
  }));
}

BOOST_AUTO_TEST_CASE(forms_agree_with_the_c_library) {
  BOOST_CHECK(rc::check("strftime", [] {
    // From the year 1000 on: the C library does not pad smaller ones.
    const Time time{*rc::gen::inRange<std::int64_t>(-30'609'792'000 * kSecond, kLast.micros)};
    RC_ASSERT(http_date(time) == strftime_of(time, "%a, %d %b %Y %H:%M:%S GMT"));
    RC_ASSERT(c_locale_date(time) == strftime_of(time, "%c"));
    RC_ASSERT(fmri_timestamp(time) == strftime_of(time, "%Y%m%dT%H%M%SZ"));
  }));
}

BOOST_AUTO_TEST_CASE(basic_timestamps_of_other_forms_are_refused) {
  for (const char* bad :
       {"", "20240501T100009", "20240501T100009.Z", "20240501T100009.123Z", "20240501T100009z",
        "20240501T100009.1234567Z", "2024-05-01T10:00:09Z", "20240501 100009Z", "20240501T1000Z",
        "20240501T100009Z ", " 20240501T100009Z", "+0240501T100009Z", "20240501T1000-9Z",
        "20240501T100009.12345aZ", "20240501T100009.-12345Z", "20240501T100009,123456Z"}) {
    BOOST_TEST(!parse_basic_timestamp(bad).has_value(), bad);
  }
}

BOOST_AUTO_TEST_CASE(dates_that_do_not_exist_are_refused) {
  for (const char* bad :
       {"20240001T000000Z", "20241301T000000Z", "20240100T000000Z", "20240132T000000Z",
        "20240431T000000Z", "20240230T000000Z", "20230229T000000Z", "19000229T000000Z",
        "00000101T000000Z", "20240101T240000Z", "20240101T006000Z", "20240101T000060Z"}) {
    BOOST_TEST(!parse_basic_timestamp(bad).has_value(), bad);
  }
  for (const std::string bad : {"2024-05-01T10:00Z", "2024-05-01 10:00:00Z", "2024-05-01T10:00:00",
                                "2024-0501T10:00:00Z", "2024-05-01T1000:00Z", "2024-05-01"}) {
    BOOST_TEST(!parse_iso_timestamp(bad).has_value(), bad);
  }
  BOOST_TEST((parse_iso_timestamp("2024-05-01T10:00:00.123456Z") ==
              parse_basic_timestamp("20240501T100000.123456Z")));
  BOOST_TEST(
      (parse_iso_timestamp("20240501T100000Z") == parse_basic_timestamp("20240501T100000Z")));
  BOOST_TEST(parse_basic_timestamp("20240229T000000Z").has_value());
  BOOST_TEST(parse_basic_timestamp("20000229T000000Z").has_value());
}

BOOST_AUTO_TEST_CASE(update_hours_of_other_forms_are_refused) {
  for (const char* bad : {"", "20240501T10", "20240501T1Z", "20240501T24Z", "20240532T10Z",
                          "20240501T100Z", "20240501T10Z.C", "20240501t10Z"}) {
    BOOST_TEST(!parse_update_hour(bad).has_value(), bad);
  }
}

BOOST_AUTO_TEST_CASE(http_dates_of_other_forms_are_refused) {
  BOOST_TEST((parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT") == Time{1'709'251'199 * kSecond}));
  for (const char* bad :
       {"", "Wed, 1 May 2024 10:00:09 GMT", "Thu, 01 May 2024 10:00:09 GMT",
        "Wed, 01 May 2024 10:00:09 UTC", "Wed, 01 may 2024 10:00:09 GMT",
        "Wednesday, 01-May-24 10:00:09 GMT", "Wed May  1 10:00:09 2024",
        "Wed, 01 May 2024 10:00:09 GMT ", "Wed, 01 Mai 2024 10:00:09 GMT",
        "Wed, 31 Apr 2024 10:00:09 GMT", "Wed, 01 May 2024 24:00:00 GMT", "Wed, 01 May 2024"}) {
    BOOST_TEST(!parse_http_date(bad).has_value(), bad);
  }
}

BOOST_AUTO_TEST_CASE(now_is_between_the_readings_around_it) {
  const std::time_t before = std::time(nullptr);
  const Time time = now();
  const std::time_t after = std::time(nullptr);
  // time(2) may lag behind by a tick.
  BOOST_TEST(time.seconds() >= before);
  BOOST_TEST(time.seconds() <= after + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset
