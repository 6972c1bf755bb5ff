#include "metaset/depot/fmri_argument.h"

#include "metaset/base/error.h"

namespace metaset::depot {

std::string repair_argument(std::string_view first, std::string joined,
                            const Publishers& publishers) {
  constexpr std::string_view kScheme = "pkg:";
  if (first != kScheme || joined.size() <= kScheme.size() + 1) return joined;
  const std::string_view rest = std::string_view(joined).substr(kScheme.size() + 1);
  if (publishers.find(rest.substr(0, rest.find('/'))) != nullptr)
    joined.insert(kScheme.size(), "/");
  return joined;
}

ips::Fmri parse_package_argument(std::string_view argument, std::string_view prefix) {
  ips::Fmri fmri = ips::Fmri::parse(argument);
  if (fmri.publisher.empty()) fmri.publisher = prefix;
  require_version(fmri);
  return fmri;
}

const ips::Version& require_version(const ips::Fmri& fmri) {
  if (fmri.version) return *fmri.version;
  throw Error(Code::kInvalid, "FMRI '" + fmri.text() + "' is missing version information.");
}

}  // namespace metaset::depot
