// Small helpers around RapidJSON, the only JSON library here.
#pragma once

#include <string>
#include <string_view>

#include <rapidjson/document.h>

namespace metaset {

// Appends `text` (UTF-8) as a JSON string in quotes, ASCII only: non-ASCII characters as \uxxxx in
// lower-case hex, '/' not escaped, control characters as \b \f \n \r \t or \u00xx
// (protocol/catalog.md section 5). Bytes that are not UTF-8 are taken as ISO-8859-1.
void append_json_string(std::string_view text, std::string& out);
std::string json_string(std::string_view text);

// Parses a whole document; kInvalid with the offset and reason, naming `what`. Depth is bounded
// (32).
rapidjson::Document parse_json(std::string_view text, std::string_view what);

// Two-space indented output with sorted keys and a final newline, as Python's json.dump(indent=2,
// sort_keys=True) writes it, non-ASCII characters unescaped (ascii = false) or escaped.
std::string pretty_json(const rapidjson::Value& value, bool ascii);

}  // namespace metaset
