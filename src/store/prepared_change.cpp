#include "store/prepared_change.h"

#include "metaset/ips/manifest.h"

namespace metaset::store {

namespace {

bool is_visible(const MetasetWriter& writer, PublisherId publisher, const ChangeRecord& change) {
  return writer.view()
      .find_visible(publisher, change.name, ips::Version::parse(change.version))
      .has_value();
}

}  // namespace

PreparedChange prepare_change(const Staging& staging, StagedChange change) {
  PreparedChange prepared;
  prepared.change = std::move(change);
  const ChangeRecord& record = prepared.change.record;
  if (record.kind == ChangeKind::kRemove) return prepared;
  prepared.manifest = staging.manifest(record.manifest);
  ips::ManifestSummary summary = ips::summarize(prepared.manifest);
  prepared.facts = facts_of(summary, sha1_of(prepared.manifest), record.manifest);
  prepared.facts.name = record.name;
  prepared.facts.version = ips::Version::parse(record.version);
  prepared.payloads = std::move(summary.payloads);
  return prepared;
}

void apply_change(MetasetWriter& writer, const PreparedChange& prepared, bool area_wins) {
  const ChangeRecord& change = prepared.change.record;
  const PublisherId publisher = writer.publisher(change.publisher);
  const bool takes_place_of =
      area_wins ? is_visible(writer, publisher, change) : change.kind != ChangeKind::kAdd;
  if (takes_place_of) {
    writer.remove(publisher, change.name, ips::Version::parse(change.version));
  }
  if (change.kind != ChangeKind::kRemove) writer.add(publisher, prepared.facts);
}

}  // namespace metaset::store
