// Numbers in texts; sizes and lengths of time as people write them in options and variables.
//
//   size     = digits [ "K" | "M" | "G" | "T" ]        bytes; K is 1024
//   duration = 1*( digits ( "s" | "m" | "h" | "d" ) )  "90s", "2h", "1h30m"
//
// Thread-safety: pure functions. nullopt for anything else and for what would not fit.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace metaset {

// A decimal number; 0 for whatever is none, and for one of more than 64 bits.
std::uint64_t number_or_zero(std::string_view text);

std::optional<std::uint64_t> parse_size(std::string_view text);
// At most ten years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace metaset
