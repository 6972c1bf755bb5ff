#include "metaset/store/rollback.h"

#include <set>

#include "metaset/base/error.h"

namespace metaset::store {

namespace {

struct Change {
  std::string name;
  ips::Version version;
  std::optional<PackageEntry> removed, added;
};

using Identity = std::pair<std::string, std::string>;  // name and version

// What was added or removed since a metaset, each once, sorted.
std::set<Identity> touched_since(const View& before, const View& now, PublisherId publisher,
                                 bool existed) {
  std::set<Identity> touched;
  std::uint64_t sequence = existed ? before.state(publisher).next_sequence : 0;
  const std::uint64_t end = now.state(publisher).next_sequence;
  for (; sequence < end; ++sequence) {
    const auto row = now.txn().get(now.env().table(kOperations), pair_key(publisher, sequence));
    if (!row) {
      throw Error(Code::kCorrupt, "operation " + std::to_string(sequence) + " of publisher " +
                                      now.prefix_of(publisher) + " is missing");
    }
    OperationRecord operation = OperationRecord::decode(*row);
    touched.emplace(std::move(operation.name), std::move(operation.version));
  }
  return touched;
}

std::optional<PackageEntry> entry_of(const View& view, PublisherId publisher,
                                     const std::string& name, const ips::Version& version) {
  auto row = view.find_visible(publisher, name, version);
  if (!row) return std::nullopt;
  return std::move(row->entry);
}

std::vector<Change> changes_back_to(const View& before, const View& now, PublisherId publisher,
                                    bool existed) {
  std::vector<Change> changes;
  for (const auto& [name, text] : touched_since(before, now, publisher, existed)) {
    Change change{name, ips::Version::parse(text), {}, {}};
    change.removed = entry_of(now, publisher, name, change.version);
    if (existed) change.added = entry_of(before, publisher, name, change.version);
    const bool same =
        change.removed && change.added && change.removed->manifest == change.added->manifest;
    if (!same && (change.removed || change.added)) changes.push_back(std::move(change));
  }
  return changes;
}

void require_manifest(const View& view, const Change& change) {
  if (view.manifest(change.added->manifest)) return;
  throw Error(Code::kNotFound, "the manifest of " + change.name + "@" + change.version.text() +
                                   " is not in the repository any more");
}

void restore_publisher(MetasetWriter& writer, const View& before, const Publisher& publisher) {
  const bool existed = before.publisher(publisher.prefix).has_value();
  const auto changes = changes_back_to(before, writer.view(), publisher.id, existed);
  for (const Change& change : changes) {
    if (change.removed) writer.remove(publisher.id, change.name, change.version);
  }
  for (const Change& change : changes) {
    if (!change.added) continue;
    require_manifest(before, change);
    writer.add_again(publisher.id, change.name, *change.added);
  }
  if (!existed) return;
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
    const View before = writer.view().at(options.number);
    for (const Publisher& publisher : writer.view().publishers()) {
      restore_publisher(writer, before, publisher);
    }
    writer.set_config(0, before.config(0).value_or(""));
  });
}

}  // namespace metaset::store
