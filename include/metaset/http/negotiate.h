// The parts of RFC 9110 that decide which representation of a thing a request gets:
// Accept-Encoding, preconditions, byte ranges. Pure functions. Thread-safety: re-entrant. Errors:
// none; header fields that break their grammar count as absent, as the RFC wants.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"

namespace metaset::http {

// True if a gzip-coded body is welcome: listed (or "*") with a weight above zero.
bool accepts_gzip(std::string_view accept_encoding);

struct Validators {
  std::string_view etag;  // without quotes; empty: none
  std::optional<Time> last_modified;
};

// The conditional header fields of a request, empty if absent.
struct Conditions {
  std::string_view if_match;
  std::string_view if_none_match;
  std::string_view if_modified_since;
  std::string_view if_unmodified_since;
};

enum class Verdict { kProceed, kNotModified, kFailed };  // 200, 304, 412
// RFC 9110 section 13.2.2. `safe`: the method is GET or HEAD.
Verdict evaluate(const Conditions& conditions, const Validators& validators, bool safe);
// True if a range may be served under this If-Range (true when it is empty).
bool if_range_holds(std::string_view if_range, const Validators& validators);

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;  // never 0
};

inline constexpr std::size_t kMaxRanges = 32;

// The satisfiable ranges in the order asked for; empty: none is (416). nullopt: send everything,
// because the field is not a byte range set, names more than kMaxRanges, or asks for more bytes
// than there are.
std::optional<std::vector<ByteRange>> parse_ranges(std::string_view range, std::uint64_t size);

}  // namespace metaset::http
