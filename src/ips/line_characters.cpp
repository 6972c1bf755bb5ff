#include "metaset/ips/line_characters.h"

#include <algorithm>
#include <array>

#include "metaset/base/percent.h"

namespace metaset::ips {
namespace {

constexpr std::array<std::string_view, 8> kLineEnds = {
    "\v", "\f", "\x1c", "\x1d", "\x1e", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};

}  // namespace

std::optional<std::string_view> bad_characters(std::string_view line) {
  if (!is_utf8(line)) return "bytes that are not UTF-8";
  const bool ends = std::ranges::any_of(
      kLineEnds, [line](std::string_view end) { return line.find(end) != std::string_view::npos; });
  if (ends) return "a character that clients take for the end of a line";
  return std::nullopt;
}

}  // namespace metaset::ips
