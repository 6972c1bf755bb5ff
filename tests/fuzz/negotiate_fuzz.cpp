// Header fields that choose a representation, one on each line: Accept-Encoding, Range, If-Range,
// If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, and the size of the thing.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "metaset/http/negotiate.h"

#include "fuzz.h"

namespace {

using metaset::fuzz::require;
using namespace metaset::http;

void check_ranges(std::string_view field, std::uint64_t size) {
  const auto ranges = parse_ranges(field, size);
  if (!ranges) return;
  require(ranges->size() <= kMaxRanges);
  std::uint64_t total = 0;
  for (const ByteRange& range : *ranges) {
    require(range.length > 0);
    require(range.first < size && range.length <= size - range.first);
    require(range.length <= size - total);
    total += range.length;
  }
}

void check_conditions(const Conditions& conditions, const Validators& validators) {
  const Verdict safe = evaluate(conditions, validators, true);
  const Verdict unsafe = evaluate(conditions, validators, false);
  require(unsafe != Verdict::kNotModified);
  // A write must not slip through where a read is told that nothing changed, but for a time: those
  // count for reads only.
  if (safe == Verdict::kFailed) require(unsafe == Verdict::kFailed);
  if (unsafe == Verdict::kProceed) require(safe != Verdict::kFailed);
  if (conditions.if_modified_since.empty()) {
    require((safe == Verdict::kProceed) == (unsafe == Verdict::kProceed));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = metaset::fuzz::text_of(data, size);
  std::array<std::string_view, 8> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto& [encoding, range, if_range, match, none_match, modified, unmodified, number] = lines;
  accepts_gzip(encoding);
  std::uint64_t length = 0;
  std::from_chars(number.data(), number.data() + number.size(), length);
  check_ranges(range, length);

  const metaset::Time day{1'714'557'600'000'000};  // Wed, 01 May 2024 10:00:00 GMT
  for (const Validators& validators :
       {Validators{"abc", day}, Validators{"", day}, Validators{"abc", {}}, Validators{}}) {
    check_conditions({match, none_match, modified, unmodified}, validators);
    if (if_range.empty()) require(if_range_holds(if_range, validators));
    if_range_holds(if_range, validators);
  }
  return 0;
}
