// The files of a package as a tree, for this directory.
#pragma once

#include <string_view>

#include "web/shown_package.h"
#include "web/template_data.h"

namespace metaset::web {

// All paths below the directory `under` ("" or "usr/share/") if there are few; else what is
// directly in it, with directories to open.
void add_files(const Site& site, const ShownPackage& package, std::string_view under, Data& data);

}  // namespace metaset::web
