// Base64 as RFC 4648 section 4 has it: the letters with '+' and '/', padded with '='.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace metaset {

std::string encode_base64(std::string_view bytes);
// nullopt unless it is what encode_base64 makes of some bytes: no white space, padding complete,
// bits beyond the last byte zero.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace metaset
