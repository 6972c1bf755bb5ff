#include "metaset/http/negotiate.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace metaset::http {
namespace {

const Time kModified = parse_http_date("Wed, 01 May 2024 10:00:00 GMT").value();
constexpr std::string_view kSame = "Wed, 01 May 2024 10:00:00 GMT";
constexpr std::string_view kEarlier = "Wed, 01 May 2024 09:59:59 GMT";
constexpr std::string_view kLater = "Wed, 01 May 2024 10:00:01 GMT";
const Validators kBoth = {"abc", kModified};

BOOST_AUTO_TEST_SUITE(negotiate)

BOOST_AUTO_TEST_CASE(accept_encoding) {
  for (const char* yes :
       {"gzip", "deflate, gzip", "GZip;q=0.001", "x-gzip", "*", "br;q=1.0, *;q=0.1", " gzip ; q=1 ",
        "gzip;q=0.5,identity", "gzip;q=0, x-gzip", ",,gzip"}) {
    BOOST_TEST(accepts_gzip(yes), yes);
  }
  for (const char* no : {"", "deflate", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0",
                         "gzip;q=0,*", "gzipp", "gzip;Q=0.", "br"}) {
    BOOST_TEST(!accepts_gzip(no), no);
  }
}

BOOST_AUTO_TEST_CASE(no_condition_always_proceeds) {
  BOOST_TEST((evaluate({}, kBoth, true) == Verdict::kProceed));
  BOOST_TEST((evaluate({}, {}, true) == Verdict::kProceed));
}

BOOST_AUTO_TEST_CASE(entity_tags) {
  const auto none_match = [](std::string_view field, bool safe = true) {
    return evaluate({{}, field, {}, {}}, kBoth, safe);
  };
  for (const char* same :
       {"\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*", " * ", "\"a,b\",\"abc\""}) {
    BOOST_TEST((none_match(same) == Verdict::kNotModified), same);
  }
  for (const char* other : {"\"abd\"", "abc", "\"abc", "\"x\" junk \"abc\"", "W/abc"}) {
    BOOST_TEST((none_match(other) == Verdict::kProceed), other);
  }
  BOOST_TEST((none_match("\"abc\"", false) == Verdict::kFailed));
  const auto match = [](std::string_view field) {
    return evaluate({field, {}, {}, {}}, kBoth, true);
  };
  BOOST_TEST((match("\"abc\"") == Verdict::kProceed));
  BOOST_TEST((match("*") == Verdict::kProceed));
  BOOST_TEST((match("W/\"abc\"") == Verdict::kFailed));
  BOOST_TEST((match("\"x\"") == Verdict::kFailed));
}

BOOST_AUTO_TEST_CASE(dates) {
  const auto since = [](std::string_view field) {
    return evaluate({{}, {}, field, {}}, kBoth, true);
  };
  BOOST_TEST((since(kSame) == Verdict::kNotModified));
  BOOST_TEST((since(kLater) == Verdict::kNotModified));
  BOOST_TEST((since(kEarlier) == Verdict::kProceed));
  BOOST_TEST((since("2024-05-01T10:00:00") == Verdict::kProceed));
  const auto until = [](std::string_view field) {
    return evaluate({{}, {}, {}, field}, kBoth, true);
  };
  BOOST_TEST((until(kSame) == Verdict::kProceed));
  BOOST_TEST((until(kEarlier) == Verdict::kFailed));
  BOOST_TEST((until("yesterday") == Verdict::kProceed));
  // Fractions of the stored time do not count: the header has none.
  const Validators fraction = {{}, Time{kModified.micros + 999'999}};
  BOOST_TEST((evaluate({{}, {}, kSame, {}}, fraction, true) == Verdict::kNotModified));
}

BOOST_AUTO_TEST_CASE(entity_tags_outweigh_dates) {
  BOOST_TEST((evaluate({{}, "\"x\"", kLater, {}}, kBoth, true) == Verdict::kProceed));
  BOOST_TEST((evaluate({"\"abc\"", {}, {}, kEarlier}, kBoth, true) == Verdict::kProceed));
}

BOOST_AUTO_TEST_CASE(if_range) {
  for (const std::string_view good : {std::string_view(""), std::string_view("\"abc\""), kSame}) {
    BOOST_TEST(if_range_holds(good, kBoth), good);
  }
  for (const std::string_view bad : {std::string_view("\"x\""), std::string_view("W/\"abc\""),
                                     kEarlier, kLater, std::string_view("*")}) {
    BOOST_TEST(!if_range_holds(bad, kBoth), bad);
  }
}

std::string shown(std::string_view field, std::uint64_t size) {
  const auto ranges = parse_ranges(field, size);
  if (!ranges) return "all";
  std::string text;
  for (const ByteRange& range : *ranges) {
    text += std::to_string(range.first) + "+" + std::to_string(range.length) + " ";
  }
  return text;
}

BOOST_AUTO_TEST_CASE(ranges) {
  BOOST_TEST(shown("bytes=0-9", 100) == "0+10 ");
  BOOST_TEST(shown("bytes=90-", 100) == "90+10 ");
  BOOST_TEST(shown("bytes=-5", 100) == "95+5 ");
  BOOST_TEST(shown("bytes=-500", 100) == "0+100 ");
  BOOST_TEST(shown("bytes=0-0,-1", 100) == "0+1 99+1 ");
  BOOST_TEST(shown("bytes=50-1000", 100) == "50+50 ");
  BOOST_TEST(shown("bytes= 1 - 2 , 4-5", 100) == "1+2 4+2 ");
  BOOST_TEST(shown("bytes=0-99999999999999999999999", 100) == "0+100 ");
  BOOST_TEST(shown("bytes=100-", 100) == "");
  BOOST_TEST(shown("bytes=99999999999999999999999-", 100) == "");
  BOOST_TEST(shown("bytes=-0", 100) == "");
  BOOST_TEST(shown("bytes=0-", 0) == "");
  BOOST_TEST(shown("bytes=200-300,0-1", 100) == "0+2 ");
  for (const char* ignored :
       {"", "bytes=", "bytes=,", "bytes=5-1", "bytes=a-b", "bytes=-", "items=0-1", "bytes=1",
        "bytes=+1-2", "bytes=0-60,40-99", "bytes=1-2,x"}) {
    BOOST_TEST(shown(ignored, 100) == "all", ignored);
  }
  std::string many = "bytes=";
  for (std::size_t i = 0; i <= kMaxRanges; ++i)
    many += std::to_string(i * 2) + "-" + std::to_string(i * 2) + ",";
  BOOST_TEST(shown(many, 1000) == "all");
}

BOOST_AUTO_TEST_CASE(ranges_are_inside) {
  BOOST_CHECK(rc::check("ranges", [](std::vector<std::pair<std::uint64_t, std::uint64_t>> wanted,
                                     std::uint32_t size) {
    std::string field = "bytes=";
    for (const auto& [first, last] : wanted) {
      field += std::to_string(first % (2ULL * size + 2)) + "-" +
               std::to_string(last % (2ULL * size + 2)) + ",";
    }
    const auto ranges = parse_ranges(field, size);
    if (!ranges) return;
    std::uint64_t total = 0;
    for (const ByteRange& range : *ranges) {
      RC_ASSERT(range.length > 0U);
      RC_ASSERT(range.first + range.length <= size);
      total += range.length;
    }
    RC_ASSERT(total <= size);
  }));
}

BOOST_AUTO_TEST_CASE(any_field_is_read_or_ignored) {
  BOOST_CHECK(rc::check("fields", [](const std::string& field) {
    parse_ranges("bytes=" + field, 1000);
    accepts_gzip(field);
    evaluate({field, field, field, field}, kBoth, true);
    if_range_holds(field, kBoth);
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
