// Previews: what a staging area leads to, seen as the metaset that a commit of it would make.
//
// AreaSnapshot is what a preview needs of the area, read and parsed once; it stays right until the
// area changes or somebody commits. Preview applies it in a write transaction on `committed` that
// is never committed, so that whatever reads a View can read what does not exist yet. Nothing is
// written to the disk. While a Preview lives nobody can commit: keep it short.
// Where other commits changed the same packages meanwhile the area's changes win; that this is a
// conflict is for the check of the commit to say.
// The times of the previewed metaset are a function of the area and of the latest metaset, so that
// all requests of a client fit together.
// Thread-safety: an AreaSnapshot is immutable and shared by threads; a Preview belongs to one
// thread, which must have no other write transaction. Errors: kInvalid for an illegal area name,
// kConflict if the snapshot is not what is there any more, kCorrupt, system errors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/store/repository.h"
#include "metaset/store/staging.h"

namespace metaset::store {

struct PreparedChange;

// Which preview: equal states have equal previews.
struct AreaState {
  AreaId id{};
  MetasetNumber latest = 0;
  std::uint64_t changes = 0, end = 0;  // 0 changes: the preview is the latest metaset
  bool operator==(const AreaState&) const = default;
  // An area that does not exist is one without changes.
  static AreaState of(Repository& repository, std::string_view area);
};

class AreaSnapshot {
 public:
  AreaSnapshot(Repository& repository, std::string_view area);
  ~AreaSnapshot();
  const AreaState& state() const { return state_; }
  const std::vector<PreparedChange>& changes() const { return changes_; }
  Time time() const { return time_; }  // of the last change

 private:
  AreaState state_;
  std::vector<PreparedChange> changes_;  // without the texts of manifests
  Time time_;
};

class Preview {
 public:
  // Searching costs reading all manifests of the area: kLimit if that takes longer than a few
  // seconds.
  enum class Search { kNo, kYes };
  Preview(Repository& repository, const AreaSnapshot& snapshot, Search search = Search::kNo);
  View view() const { return {committed_, txn_, number_, {&staged_, staged_manifests_}}; }

 private:
  lmdb::ReadTxn staged_;
  lmdb::Table staged_manifests_;
  lmdb::Env& committed_;
  lmdb::WriteTxn txn_;
  MetasetNumber number_ = 0;
};

}  // namespace metaset::store
