// Writing JSON strings, for the files of this layer.
#pragma once

#include <string>
#include <string_view>

namespace metaset {

// As append_json_string; ascii = false leaves characters above ASCII as UTF-8.
void append_quoted(std::string_view text, bool ascii, std::string& out);

}  // namespace metaset
