// Text in XML and HTML. Thread-safety: re-entrant. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace metaset {

// Which quotes attribute values may be in.
enum class Quotes { kEither, kDouble };

// Appends text escaped for element content and for attribute values. U+FFFD takes the place of
// control characters other than tab and line ends, of noncharacters, and of bytes outside ASCII in
// text that is not UTF-8.
void append_xml(std::string_view text, std::string& out, Quotes quotes = Quotes::kEither);

}  // namespace metaset
