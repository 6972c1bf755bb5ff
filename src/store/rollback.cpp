#include "metaset/store/rollback.h"

#include <vector>

#include "metaset/base/error.h"
#include "metaset/store/collected.h"
#include "metaset/store/version_changes.h"

namespace metaset::store {

namespace {

void restore_publisher(MetasetWriter& writer, const View& before, const Publisher& publisher) {
  std::vector<VersionChange> changes;
  for_each_changed_version(writer.view(), before, publisher,
                           [&](VersionChange&& change) { changes.push_back(std::move(change)); });
  for (const VersionChange& change : changes) {
    if (change.before) writer.remove(publisher.id, change.name, change.version);
  }
  for (const VersionChange& change : changes) {
    if (!change.after) continue;
    require_manifest(before, publisher.prefix, change.name, *change.after);
    writer.add_again(publisher.id, change.name, *change.after);
  }
  if (!before.publisher(publisher.prefix)) return;
  writer.set_utf8_feature(publisher.id, before.state(publisher.id).utf8_feature);
  writer.set_config(publisher.id, before.config(publisher.id).value_or(""));
}

}  // namespace

std::optional<MetasetRecord> rollback(Repository& repository, const RollbackOptions& options) {
  const MetasetWriter::Options writer_options{options.who, options.message, options.time,
                                              options.activate};
  return repository.write_metaset(writer_options, [&](MetasetWriter& writer, lmdb::WriteTxn& txn) {
    if (options.number >= writer.number() ||
        !View::record_of(repository.committed(), txn, options.number)) {
      throw Error(Code::kNotFound, "no metaset " + std::to_string(options.number));
    }
    require_not_collected(repository.committed(), txn, options.number);
    const View before = writer.view().at(options.number);
    for (const Publisher& publisher : writer.view().publishers()) {
      restore_publisher(writer, before, publisher);
    }
    writer.set_config(0, before.config(0).value_or(""));
  });
}

}  // namespace metaset::store
