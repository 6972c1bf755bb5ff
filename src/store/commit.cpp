#include "metaset/store/commit.h"

#include "metaset/base/error.h"
#include "metaset/store/active.h"
#include "metaset/store/leftovers.h"
#include "metaset/store/payload_lock.h"

#include "store/prepared_change.h"

namespace metaset::store {

namespace {

constexpr std::size_t kMaxListed = 50;  // missing payloads in one message

// Publication made the links of the publishers already; what was staged in another way gets them
// here.
class PayloadCheck {
 public:
  explicit PayloadCheck(PayloadStore& payloads) : payloads_(payloads) {}
  void require(const PreparedChange& prepared) {
    for (const std::string& name : prepared.payloads) {
      const Assignment assignment = payloads_.assign(name, prepared.change.record.publisher);
      made_links_ = made_links_ || assignment == Assignment::kMade;
      if (assignment != Assignment::kNoPayload) continue;
      if (++count_ <= kMaxListed)
        missing_ += "\n  " + name + " of " + prepared.change.fmri().text();
    }
  }
  void finish(bool allow_missing) const {
    if (count_ > 0 && !allow_missing) {
      throw Error(Code::kNotFound, std::to_string(count_) + " payloads are missing:" + missing_);
    }
    if (made_links_) payloads_.sync();
  }

 private:
  PayloadStore& payloads_;
  std::string missing_;
  std::size_t count_ = 0;
  bool made_links_ = false;
};

// Everything that can be found wrong without the write transaction.
std::vector<PreparedChange> prepare(Repository& repository, const Staging& staging,
                                    std::vector<StagedChange> changes, bool allow_missing) {
  std::vector<PreparedChange> result;
  PayloadCheck check(repository.payloads());
  for (StagedChange& change : changes) {
    result.push_back(prepare_change(staging, std::move(change)));
    check.require(result.back());
  }
  check.finish(allow_missing);
  return result;
}

std::optional<AreaMark> mark_of(Repository& repository, const Area& area) {
  const lmdb::ReadTxn txn(repository.committed());
  const auto value = txn.get(repository.committed().table(kAreaMarks), bytes_of(area.record.id));
  if (!value) return std::nullopt;
  return AreaMark::decode(*value);
}

void settle_area(Repository& repository, const Area& area) {
  const auto mark = mark_of(repository, area);
  if (mark) Staging(repository.staging()).clear(area.record.id, mark->sequence);
}

void require_unchanged(const CommitOptions& options, const CommitOptions::Expected& found) {
  if (!options.expected || *options.expected == found) return;
  throw Error(Code::kConflict,
              options.expected->latest == found.latest
                  ? "staging area '" + options.area + "' was changed meanwhile"
                  : "another commit made metaset " + std::to_string(found.latest) + " meanwhile");
}

}  // namespace

void settle(Repository& repository) {
  for (const Area& area : Staging(repository.staging()).areas()) settle_area(repository, area);
}

std::vector<StagedChange> uncommitted_changes(Repository& repository, const Area& area) {
  auto changes = Staging(repository.staging()).changes(area.record.id);
  if (const auto mark = mark_of(repository, area)) {
    std::erase_if(changes, [&](const StagedChange& c) { return c.sequence < mark->sequence; });
  }
  return changes;
}

MetasetRecord commit(Repository& repository, const CommitOptions& options) {
  // Whoever abandons the area meanwhile must not delete its payloads.
  const PayloadUse use(repository.root());
  Staging staging(repository.staging());
  if (const auto area = staging.area(options.area)) settle_area(repository, *area);
  const auto area = staging.area(options.area);
  if (!area) {
    throw Error(Code::kNotFound,
                "nothing to commit: there is no staging area '" + options.area + "'");
  }
  auto changes = staging.changes(area->record.id);
  if (changes.empty()) {
    throw Error(Code::kInvalid, "nothing to commit: staging area '" + options.area + "' is empty");
  }
  const std::uint64_t end = changes.back().sequence + 1, count = changes.size();
  const auto prepared =
      prepare(repository, staging, std::move(changes), options.allow_missing_payloads);

  MetasetWriter::Options writer_options{options.who, options.message, options.time,
                                        options.activate};
  const auto record =
      repository.write_metaset(writer_options, [&](MetasetWriter& writer, lmdb::WriteTxn& txn) {
        require_unchanged(options, {writer.number() - 1, count, end});
        for (const PreparedChange& p : prepared) {
          if (p.change.record.kind != ChangeKind::kRemove) writer.put_manifest(p.manifest);
          apply_change(writer, p, options.area_wins);
        }
        txn.put(repository.committed().table(kAreaMarks), bytes_of(area->record.id),
                AreaMark{end, writer.number()}.encode());
      });
  if (!record) {
    throw Error(Code::kInvalid,
                "nothing to commit: what staging area '" + options.area + "' removes is not there");
  }
  try {
    staging.clear(area->record.id, end);
  } catch (const Error&) {
    // It is committed. The mark says so to whoever looks at the area next, and clears it.
  }
  return *record;
}

void finish_commit(Repository& repository) {
  lmdb::Env& env = repository.committed();
  {
    const lmdb::ReadTxn txn(env);
    const View view(env, txn, View::latest_number(env, txn));
    repository.catalog_files().materialize(view);
    repository.catalog_files().prune(env, txn, kKeepCatalogFiles);
    repository.outlines().materialize(view);
    repository.outlines().prune(env, txn);
    repository.size_notes().materialize(view);
    remove_leftovers(repository.root());
  }
  lmdb::WriteTxn txn(env);
  repository.catalog_files().record(View(env, txn, View::latest_number(env, txn)), txn);
  settle_active(env, txn);
  txn.commit();
}

}  // namespace metaset::store
