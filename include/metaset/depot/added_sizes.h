// What a metaset added to the repository, in bytes: what a build costs.
//
// There is no list of who has which payload. So the manifest of each version that was added is
// compared with that of the newest version that the package had before: what that one lacks counts
// as new, once in the metaset, with the size that the manifest states. A payload that came from
// another package counts although it was there. A version that an earlier metaset had with the same
// manifest (a rollback brings it back) adds nothing.
//
// Cost: the operations of the metaset, and reading two manifests for each version that was added.
// Memory: some 40 bytes for each payload that is new, and two manifests. Thread-safety: as the
// view. Errors: kNotFound if there is no such metaset, kCorrupt, kInvalid for a broken manifest.
#pragma once

#include <cstdint>
#include <optional>

#include "metaset/store/view.h"

namespace metaset::depot {

struct AddedBytes {
  std::uint64_t payloads = 0;  // as they are stored: gzip files
  std::uint64_t payload_count = 0;
  std::uint64_t manifests = 0;  // as they are stored
};

struct MetasetSizes {
  std::uint64_t packages = 0;  // names of which a version was added, removed or re-signed
  // nullopt: manifests that would have to be read are not in the repository any more.
  std::optional<AddedBytes> added;
};

// Of the view's metaset, as against its parent.
MetasetSizes metaset_sizes(const store::View& view);

}  // namespace metaset::depot
