// The files of src/web/templates, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace metaset::web {

struct BuiltIn {
  std::string_view name, text;
};
std::span<const BuiltIn> built_in_files();

}  // namespace metaset::web
