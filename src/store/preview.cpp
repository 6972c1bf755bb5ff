#include "metaset/store/preview.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "metaset/base/error.h"
#include "metaset/store/commit.h"

#include "store/prepared_change.h"

namespace metaset::store {

namespace {

constexpr std::chrono::seconds kIndexTime{5};  // nobody can commit meanwhile

std::function<void()> index_deadline() {
  return [end = std::chrono::steady_clock::now() + kIndexTime] {
    if (std::chrono::steady_clock::now() < end) return;
    throw Error(Code::kLimit,
                "The staging area has too many changes to be searched before it is committed.");
  };
}

MetasetNumber latest_metaset(const Repository& repository) {
  const lmdb::ReadTxn txn(repository.committed());
  return View::latest_number(repository.committed(), txn);
}

}  // namespace

AreaState AreaState::of(Repository& repository, std::string_view area) {
  AreaState state;
  // In this order: a commit clears the area last, and what it left is told by its mark.
  const auto known = Staging(repository.staging()).area(area);
  state.latest = latest_metaset(repository);
  if (!known || known->record.changes == 0) return state;
  state.id = known->record.id;
  state.changes = known->record.changes;
  state.end = known->record.next_sequence;
  return state;
}

AreaSnapshot::AreaSnapshot(Repository& repository, std::string_view area)
    : state_(AreaState::of(repository, area)) {
  if (state_.changes == 0) return;
  const Staging staging(repository.staging());
  const auto known = staging.area(area);
  if (!known) return;
  for (StagedChange& change : uncommitted_changes(repository, *known)) {
    time_ = std::max(time_, change.record.time);
    changes_.push_back(prepare_change(staging, std::move(change)));
    changes_.back().manifest.clear();
    changes_.back().manifest.shrink_to_fit();
  }
}

AreaSnapshot::~AreaSnapshot() = default;

Preview::Preview(Repository& repository, const AreaSnapshot& snapshot, Search search)
    : staged_(repository.staging()),
      staged_manifests_(repository.staging().table(kStagedManifests)),
      committed_(repository.committed()),
      txn_(committed_) {
  MetasetWriter writer(committed_, txn_,
                       {"preview", "preview", snapshot.time(), false, search == Search::kYes,
                        View::StagedManifests{&staged_, staged_manifests_}, index_deadline()});
  number_ = writer.number() - 1;
  if (number_ != snapshot.state().latest) {
    throw Error(Code::kConflict, "a commit came in between; try again");
  }
  for (const PreparedChange& change : snapshot.changes()) apply_change(writer, change, true);
  if (writer.finish()) number_ = writer.number();
}

}  // namespace metaset::store
