// Commit: a staging area becomes the next metaset, atomically, or nothing changes.
//
// Order of durability: payloads were synced before their package was staged; manifests and the
// metaset go into one transaction; then the area is cleared. A crash between the two leaves changes
// in the area that are committed already: the mark in `committed` says which, and settle() drops
// them. Errors: kNotFound if the area does not exist, kInvalid if it is empty,
// kConflict/kExists/kNotFound naming the package if the area's changes do not fit the latest
// metaset, kNotFound with the list of missing payloads, kConflict if something came in between
// (CommitOptions::expected).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "metaset/store/repository.h"
#include "metaset/store/staging.h"

namespace metaset::store {

struct CommitOptions {
  std::string area{kDefaultArea};
  std::string who, message;
  bool activate = true;
  std::optional<Time> time;  // operation time; default now

  // What a check of the area has seen: if it is not so any more, kConflict and nothing is changed.
  struct Expected {
    MetasetNumber latest = 0;
    std::uint64_t changes = 0, end = 0;  // how many; the last one's sequence + 1
    bool operator==(const Expected&) const = default;
  };
  std::optional<Expected> expected;
  bool allow_missing_payloads = false;
  // Where other commits changed the same packages meanwhile: the area's changes replace theirs.
  bool area_wins = false;
};

// The changes of the area that no metaset has: what a crash left of committed ones is left out.
std::vector<StagedChange> uncommitted_changes(Repository& repository, const Area& area);

MetasetRecord commit(Repository& repository, const CommitOptions& options);

// Drops what a crash left of committed changes in every area. Cheap; run when opening for writing.
void settle(Repository& repository);

inline constexpr unsigned kKeepCatalogFiles = 8;  // metasets whose catalog files stay on disk

// What a commit leaves for later because it is a pure function of the metaset: catalog files of the
// latest metaset, their digests in the database, outlines of large manifests, sizes of large
// metasets, removal of old files.
void finish_commit(Repository& repository);

}  // namespace metaset::store
