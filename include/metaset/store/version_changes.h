// Which package versions differ between two metasets, found from the operations between them.
//
// Cost: the operations between the two, and one look into each metaset for each version that they
// touch. Memory: the names and versions touched. Thread-safety: as the views, which must be of the
// same transaction. Errors: kCorrupt, else as stated.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/store/view.h"

namespace metaset::store {

// In one of the two, or in both with different manifests.
struct VersionChange {
  std::string name;
  ips::Version version;
  std::optional<PackageEntry> before, after;  // nullopt: not there
};

// Sorted by name and by the text of the version. Either metaset may be the later one, and the
// publisher may be missing in the earlier one.
void for_each_changed_version(const View& from, const View& to, const Publisher& publisher,
                              const std::function<void(VersionChange&&)>& visit);

// Whether a metaset before the view's had the version of the entry with the same manifest: a
// rollback brings such back.
bool was_there_before(const View& view, PublisherId publisher, std::string_view name,
                      const PackageEntry& entry);

// The manifest of a package version. kNotFound, naming the package, if it was forgotten.
StoredManifest require_manifest(const View& view, std::string_view publisher, std::string_view name,
                                const PackageEntry& entry);

}  // namespace metaset::store
