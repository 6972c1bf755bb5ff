// Text in XML and HTML. Thread-safety: re-entrant. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace metaset {

// Appends text escaped for element content and for attribute values in either kind of quotes.
// Control characters other than tab and line ends, noncharacters, and bytes outside ASCII in text that
// is not UTF-8, become U+FFFD.
void append_xml(std::string_view text, std::string& out);

}  // namespace metaset
