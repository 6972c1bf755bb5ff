// The package that an address names, for this directory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "metaset/ips/version.h"
#include "metaset/web/site.h"

namespace metaset::web {

struct ShownPackage {
  store::Publisher publisher;
  std::string name;
  store::PackageEntry entry;
  ips::Version version = ips::Version::parse("0");
  bool newest = false;  // of its name in the view
  // Uncompresses it, or the beginning.
  std::string manifest(const store::View& view, std::size_t most = ~std::size_t{0}) const;
  std::string stem() const { return name + "@" + entry.version; }
};

// "NAME", the newest version, "NAME@VERSION", or the newest one that matches a partial version.
// kNotFound if the view has none, or its manifest is not here; kInvalid for what is no FMRI.
ShownPackage find_shown_package(const Site& site, std::string_view fmri);

}  // namespace metaset::web
