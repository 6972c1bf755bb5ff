// Splitting version texts at their separators, without judging the parts.
#pragma once

#include <optional>
#include <string_view>

namespace metaset::ips {

struct VersionParts {
  std::string_view release;
  std::optional<std::string_view> build, branch, timestamp;
};

// The first ':', then the first '-' and the first ',' before it separate the parts, in that order.
VersionParts split_version(std::string_view text);

// Removes the first element of a dotted sequence, which is not empty, and returns it.
std::string_view take_number(std::string_view& dotted);

// True if the numbers of `start` are the first numbers of `whole`.
bool is_leading_subsequence(std::string_view start, std::string_view whole);

}  // namespace metaset::ips
