#include "web/built_in.h"

#include <array>

namespace metaset::web {
namespace {

constexpr BuiltIn kFiles[] = {
#include <web_templates.inc>  // made by the Makefile
};

}  // namespace

std::span<const BuiltIn> built_in_files() { return kFiles; }

}  // namespace metaset::web
