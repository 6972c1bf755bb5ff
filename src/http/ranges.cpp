#include <algorithm>
#include <charconv>

#include "metaset/http/negotiate.h"

#include "http/list_field.h"

namespace metaset::http {
namespace {

enum class Parsed { kRange, kUnsatisfiable, kBroken };

// Digits only; numbers beyond 64 bits count as the largest one.
std::optional<std::uint64_t> parse_number(std::string_view digits) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} ? number : UINT64_MAX;
}

Parsed parse_range(std::string_view item, std::uint64_t size, ByteRange& range) {
  const std::size_t dash = item.find('-');
  if (dash == std::string_view::npos) return Parsed::kBroken;
  const std::string_view first_text = trim(item.substr(0, dash));
  const std::string_view last_text = trim(item.substr(dash + 1));
  const std::optional<std::uint64_t> first = parse_number(first_text);
  const std::optional<std::uint64_t> last = parse_number(last_text);
  if (first_text.empty()) {
    if (!last) return Parsed::kBroken;
    range.length = std::min(*last, size);
    range.first = size - range.length;
    return range.length == 0 ? Parsed::kUnsatisfiable : Parsed::kRange;
  }
  if (!first || (!last_text.empty() && (!last || *last < *first))) return Parsed::kBroken;
  if (*first >= size) return Parsed::kUnsatisfiable;
  range.first = *first;
  range.length = std::min(last.value_or(UINT64_MAX), size - 1) - *first + 1;
  return Parsed::kRange;
}

}  // namespace

std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  field = trim(field);
  if (!field.starts_with(kUnit)) return std::nullopt;
  std::vector<ByteRange> ranges;
  std::size_t items = 0;
  std::uint64_t total = 0;
  bool whole = false;
  for_each_item(field.substr(kUnit.size()), ',', [&](std::string_view item) {
    ByteRange range;
    const Parsed parsed = parse_range(item, size, range);
    whole = whole || parsed == Parsed::kBroken || ++items > kMaxRanges;
    if (whole || parsed != Parsed::kRange) return;
    total += range.length;
    // More bytes than there are: overlapping ranges, of use only to attackers.
    whole = total > size;
    ranges.push_back(range);
  });
  if (whole || items == 0) return std::nullopt;
  return ranges;
}

}  // namespace metaset::http
