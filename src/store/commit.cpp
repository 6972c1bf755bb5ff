#include "metaset/store/commit.h"

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"

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
  void finish() const {
    if (count_ > 0) {
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
                              std::vector<StagedChange> changes) {
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
  check.finish();
  return result;
}

void apply(MetasetWriter& writer, const Prepared& prepared) {
  const ChangeRecord& change = prepared.change.record;
  const PublisherId publisher = writer.publisher(change.publisher);
  if (change.kind != ChangeKind::kAdd) {
    writer.remove(publisher, change.name, ips::Version::parse(change.version));
  }
  if (change.kind != ChangeKind::kRemove) {
    writer.put_manifest(prepared.manifest);
    writer.add(publisher, prepared.facts);
  }
}

void settle_area(Repository& repository, const Area& area) {
  std::optional<AreaMark> mark;
  {
    const lmdb::ReadTxn txn(repository.committed());
    const auto value = txn.get(repository.committed().table(kAreaMarks), bytes_of(area.record.id));
    if (value) mark = AreaMark::decode(*value);
  }
  if (mark) Staging(repository.staging()).clear(area.record.id, mark->sequence);
}

}  // namespace

void settle(Repository& repository) {
  for (const Area& area : Staging(repository.staging()).areas()) settle_area(repository, area);
}

MetasetRecord commit(Repository& repository, const CommitOptions& options) {
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
  const std::uint64_t end = changes.back().sequence + 1;
  const auto prepared = prepare(repository, staging, std::move(changes));

  MetasetWriter::Options writer_options{options.who, options.message, options.time,
                                        options.activate};
  const auto record =
      repository.write_metaset(writer_options, [&](MetasetWriter& writer, lmdb::WriteTxn& txn) {
        for (const Prepared& p : prepared) apply(writer, p);
        txn.put(repository.committed().table(kAreaMarks), bytes_of(area->record.id),
                AreaMark{end, writer.number()}.encode());
      });
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
