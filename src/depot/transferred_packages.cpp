#include "metaset/depot/transferred_packages.h"

#include <fmt/format.h>

namespace metaset::depot {

void TransferredPackages::operation(std::string_view publisher,
                                    const store::OperationRecord& operation,
                                    const store::PackageEntry* row) {
  std::string fmri = fmt::format("pkg://{}/{}@{}", publisher, operation.name, operation.version);
  if (!operation.add) {
    const auto place = visible_.find(fmri);
    if (place == visible_.end()) return;
    if (!collected_.covers(place->second.since, operation.metaset)) {
      note_need(fmri, place->second);
    }
    visible_.erase(place);
    return;
  }
  // The text of what was removed before an import is not known.
  if (row == nullptr || row->manifest == Sha256{}) return;
  const std::string digest = to_hex(row->manifest);
  Manifest& manifest = manifests_[digest];
  manifest.publishers.emplace(publisher);
  if (manifest.package.empty()) manifest.package = fmri;
  names_.emplace(publisher, operation.name);
  visible_[std::move(fmri)] = {digest, operation.metaset};
}

void TransferredPackages::note_need(const std::string& fmri, const Visible& visible) {
  Manifest& manifest = manifests_[visible.manifest];
  manifest.needed = true;
  manifest.package = fmri;
}

const std::map<std::string, TransferredPackages::Manifest>& TransferredPackages::manifests() {
  for (const auto& [fmri, visible] : visible_) note_need(fmri, visible);
  return manifests_;
}

}  // namespace metaset::depot
