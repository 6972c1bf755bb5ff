#include "depot/bundle_packages.h"

#include <fmt/format.h>

namespace metaset::depot {

void BundlePackages::operation(std::string_view publisher, const store::OperationRecord& operation,
                               const store::PackageEntry* row) {
  std::string fmri = fmt::format("pkg://{}/{}@{}", publisher, operation.name, operation.version);
  if (!operation.add) {
    visible_.erase(fmri);
    return;
  }
  // The text of what was removed before an import is not known.
  if (row == nullptr || row->manifest == Sha256{}) return;
  const std::string digest = to_hex(row->manifest);
  Manifest& manifest = manifests_[digest];
  manifest.publishers.emplace(publisher);
  if (manifest.package.empty()) manifest.package = fmri;
  names_.emplace(publisher, operation.name);
  visible_[std::move(fmri)] = digest;
}

const std::map<std::string, BundlePackages::Manifest>& BundlePackages::manifests() {
  for (const auto& [fmri, digest] : visible_) {
    Manifest& manifest = manifests_[digest];
    manifest.needed = true;
    manifest.package = fmri;
  }
  return manifests_;
}

}  // namespace metaset::depot
