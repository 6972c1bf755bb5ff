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
#include <string>

#include "metaset/store/view.h"

namespace metaset::store {

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
MetasetSizes metaset_sizes(const View& view);

// To count what a large metaset added takes too long while somebody waits for a page. So after a
// commit it is noted: REPO/catalog/sizes/DIGEST-OF-THE-METASET, and in REPO/catalog/sizes/through
// up to which metaset that was done. They may be deleted at any time. Where the directory cannot be
// written, there are none. Thread-safety: any thread. Errors: system errors, kCorrupt for a damaged
// database.
class SizeNotes {
 public:
  // Those that added more versions are large.
  static constexpr std::uint64_t kLarge = 200;

  explicit SizeNotes(std::string repository) : repository_(std::move(repository)) {}
  // nullopt if there is no note, or one that is damaged, not of this metaset, or cannot be read.
  std::optional<AddedBytes> get(const MetasetRecord& record) const;
  // Removes one that get() does not take; the next commit counts all of them again.
  void discard(const MetasetRecord& record) const noexcept;
  // kCorrupt for such a one. One of another version of the format is none.
  void check(const MetasetRecord& record) const;
  // Of all large metasets up to that of the view, but those with manifests that cannot be read:
  // that is told by verify.
  void materialize(const View& view) const;
  // Changes whenever there are more of them.
  std::string state() const;

 private:
  std::optional<std::string> text_of(const MetasetRecord& record) const;
  std::string repository_;
};

}  // namespace metaset::store
