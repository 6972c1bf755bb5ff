// Which characters a line of a manifest may have (protocol/formats.md section 3). Pure.
#pragma once

#include <optional>
#include <string_view>

namespace metaset::ips {

// What is wrong with a line, as part of a sentence: bytes that are not UTF-8, or a character that a
// Python client takes for the end of a line, so that it would read other actions. nullopt: nothing.
std::optional<std::string_view> bad_characters(std::string_view line);

}  // namespace metaset::ips
