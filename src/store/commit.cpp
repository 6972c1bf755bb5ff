#include "metaset/store/commit.h"

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/payload_lock.h"

namespace metaset::store {

namespace {

constexpr std::size_t kMaxListed = 50;     // missing payloads in one message
constexpr unsigned kKeepCatalogFiles = 8;  // metasets whose catalog files stay on disk

// Publication made the links of the publishers already; what was staged in another way gets them
// here.
class PayloadCheck {
 public:
  explicit PayloadCheck(PayloadStore& payloads) : payloads_(payloads) {}
  void require(const ips::ManifestSummary& summary, const std::string& publisher) {
    for (const std::string& name : summary.payloads) {
      const Assignment assignment = payloads_.assign(name, publisher);
      made_links_ = made_links_ || assignment == Assignment::kMade;
      if (assignment != Assignment::kNoPayload) continue;
      if (++count_ <= kMaxListed) missing_ += "\n  " + name + " of " + summary.fmri.text();
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

struct Prepared {
  StagedChange change;
  std::string manifest;
  PackageFacts facts;
};

// Everything that can be found wrong without the write transaction.
std::vector<Prepared> prepare(Repository& repository, const Staging& staging,
                              std::vector<StagedChange> changes, bool allow_missing) {
  std::vector<Prepared> result;
  PayloadCheck check(repository.payloads());
  for (StagedChange& change : changes) {
    Prepared prepared{std::move(change), {}, {}};
    if (prepared.change.record.kind != ChangeKind::kRemove) {
      prepared.manifest = staging.manifest(prepared.change.record.manifest);
      const ips::ManifestSummary summary = ips::summarize(prepared.manifest);
      check.require(summary, prepared.change.record.publisher);
      prepared.facts =
          facts_of(summary, sha1_of(prepared.manifest), prepared.change.record.manifest);
      prepared.facts.name = prepared.change.record.name;
      prepared.facts.version = ips::Version::parse(prepared.change.record.version);
    }
    result.push_back(std::move(prepared));
  }
  check.finish(allow_missing);
  return result;
}

bool is_visible(const MetasetWriter& writer, PublisherId publisher, const ChangeRecord& change) {
  return writer.view()
      .find_visible(publisher, change.name, ips::Version::parse(change.version))
      .has_value();
}

void apply(MetasetWriter& writer, const Prepared& prepared, bool area_wins) {
  const ChangeRecord& change = prepared.change.record;
  const PublisherId publisher = writer.publisher(change.publisher);
  const bool takes_place_of =
      area_wins ? is_visible(writer, publisher, change) : change.kind != ChangeKind::kAdd;
  if (takes_place_of) {
    writer.remove(publisher, change.name, ips::Version::parse(change.version));
  }
  if (change.kind != ChangeKind::kRemove) {
    writer.put_manifest(prepared.manifest);
    writer.add(publisher, prepared.facts);
  }
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
        for (const Prepared& p : prepared) apply(writer, p, options.area_wins);
        txn.put(repository.committed().table(kAreaMarks), bytes_of(area->record.id),
                AreaMark{end, writer.number()}.encode());
      });
  if (!record) {
    throw Error(Code::kInvalid,
                "nothing to commit: what staging area '" + options.area + "' removes is not there");
  }
  staging.clear(area->record.id, end);
  return *record;
}

void finish_commit(Repository& repository) {
  lmdb::Env& env = repository.committed();
  {
    const lmdb::ReadTxn txn(env);
    const View view(env, txn, View::latest_number(env, txn));
    repository.catalog_files().materialize(view);
    repository.catalog_files().prune(env, txn, kKeepCatalogFiles);
  }
  lmdb::WriteTxn txn(env);
  repository.catalog_files().record(View(env, txn, View::latest_number(env, txn)), txn);
  txn.commit();
}

}  // namespace metaset::store
