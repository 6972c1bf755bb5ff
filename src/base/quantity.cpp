#include "metaset/base/quantity.h"

#include <charconv>
#include <limits>

namespace metaset {
namespace {

// Takes the digits at the beginning; nullopt if there are none or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::uint64_t seconds_of(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86'400;
    default:
      return 0;
  }
}

}  // namespace

std::uint64_t number_or_zero(std::string_view text) {
  const auto number = take_number(text);
  return text.empty() ? number.value_or(0) : 0;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  const auto number = take_number(text);
  if (!number || text.size() > 1) return std::nullopt;
  if (text.empty()) return number;
  const std::size_t unit = kUnits.find(text.front());
  if (unit == std::string_view::npos) return std::nullopt;
  const std::size_t shift = 10 * (unit + 1);
  if (*number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return *number << shift;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t kMost = 3653 * 86'400;
  std::uint64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    const std::uint64_t unit = text.empty() ? 0 : seconds_of(text.front());
    if (!number || unit == 0 || *number > kMost / unit) return std::nullopt;
    total += *number * unit;
    if (total > kMost) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::chrono::seconds(total);
}

}  // namespace metaset
