// Percent-encoding as the IPS clients do it (protocol/http.md section 1.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace metaset {

// Every byte but A-Z a-z 0-9 _ . - ~ becomes %XX with upper-case digits. keep_slash leaves '/'
// alone.
std::string percent_encode(std::string_view text, bool keep_slash = false);
// nullopt if a '%' is not followed by two hex digits. '+' is an ordinary character.
std::optional<std::string> percent_decode(std::string_view text);

// True if the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);
// The same characters as UTF-8, of bytes that are ISO-8859-1.
std::string utf8_from_latin1(std::string_view bytes);

}  // namespace metaset
