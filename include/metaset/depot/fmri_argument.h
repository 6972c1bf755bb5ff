// FMRIs and patterns as they arrive in paths (protocol/http.md section 1.3). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "metaset/depot/publishers.h"
#include "metaset/ips/fmri.h"

namespace metaset::depot {

inline constexpr std::string_view kNoListing = "Directory listing not allowed.";

// Repairs what proxies that decode %2F and merge slashes did. `joined`: all arguments, decoded,
// joined with '/'; `first`: the first of them, decoded. "pkg:" followed by a known publisher
// becomes "pkg://" again.
std::string repair_argument(std::string_view first, std::string joined,
                            const Publishers& publishers);

// The FMRI of manifest/0 and info/0: with a version. An FMRI without publisher gets `prefix`
// (empty: stays without). kInvalid for an illegal FMRI and for one without version.
ips::Fmri parse_package_argument(std::string_view argument, std::string_view prefix);
// The version; kInvalid if there is none.
const ips::Version& require_version(const ips::Fmri& fmri);

}  // namespace metaset::depot
