#include "metaset/store/metaset_digest.h"

#include "metaset/base/error.h"
#include "metaset/base/hash.h"

namespace metaset::store {

namespace {

// Hashes rows, each with a word for what it is and its size.
class Rows {
 public:
  void add(std::string_view what, std::string_view bytes) {
    std::string heading(what);
    heading.append(" ").append(std::to_string(bytes.size())).append("\n");
    hasher_.update(heading);
    hasher_.update(bytes);
    empty_ = false;
  }
  bool empty() const { return empty_; }
  Sha256 finish() { return hasher_.finish_sha256(); }

 private:
  Hasher hasher_{HashKind::kSha256};
  bool empty_ = true;
};

std::string_view required(std::optional<std::string_view> row, PublisherId publisher,
                          std::string_view what, std::uint64_t number) {
  if (row) return *row;
  throw Error(Code::kCorrupt, std::string(what) + " " + std::to_string(number) + " of publisher " +
                                  std::to_string(publisher) + " is missing");
}

void add_operation(const View& view, PublisherId publisher, std::uint64_t sequence, Rows& rows) {
  const lmdb::Env& env = view.env();
  const std::string_view row =
      required(view.txn().get(env.table(kOperations), pair_key(publisher, sequence)), publisher,
               "operation", sequence);
  rows.add("operation", row);
  const auto operation = OperationRecord::decode(row);
  const std::string key = package_key(publisher, operation.name,
                                      ips::Version::parse(operation.version), operation.entry);
  auto entry = PackageEntry::decode(required(view.txn().get(env.table(kPackages), key), publisher,
                                             "package row", operation.entry));
  entry.removed_in = 0;
  rows.add("package", entry.encode());
}

void add_operations(const View& view, PublisherId publisher, const PublisherRecord& record,
                    std::string_view state, Rows& rows) {
  std::uint64_t sequence = 0;
  if (record.added_in < view.number()) {
    sequence = View(view.env(), view.txn(), view.number() - 1).state(publisher).next_sequence;
  }
  const std::uint64_t end = PublisherState::decode(state).next_sequence;
  for (; sequence < end; ++sequence) add_operation(view, publisher, sequence, rows);
}

void add_row(const View& view, CommittedTable table, std::uint32_t id, std::string_view what,
             Rows& rows) {
  const auto row = view.txn().get(view.env().table(table), pair_key(id, view.number()));
  if (row) rows.add(what, *row);
}

void add_publisher(const View& view, PublisherId id, const PublisherRecord& record, Rows& out) {
  Rows rows;
  if (record.added_in == view.number()) rows.add("new", record.prefix);
  add_row(view, kConfig, id, "config", rows);
  const auto state = view.txn().get(view.env().table(kStates), pair_key(id, view.number()));
  if (state) {
    rows.add("state", *state);
    add_operations(view, id, record, *state, rows);
  }
  if (rows.empty()) return;
  out.add("publisher", record.prefix);
  out.add("changes", bytes_of(rows.finish()));
}

}  // namespace

Sha256 content_digest(const View& view) {
  Rows rows;
  lmdb::Cursor publishers(view.txn(), view.env().table(kPublishers));
  for (bool more = publishers.first(); more; more = publishers.next()) {
    const auto record = PublisherRecord::decode(publishers.value());
    if (record.added_in > view.number()) continue;
    add_publisher(view, read_u32(publishers.key()), record, rows);
  }
  add_row(view, kConfig, 0, "config", rows);
  return rows.finish();
}

Sha256 chain_digest(MetasetRecord record, const std::optional<MetasetRecord>& parent) {
  record.digest = {};
  Rows rows;
  rows.add(kFormat, record.encode());
  if (parent) rows.add("parent", bytes_of(parent->digest));
  return rows.finish();
}

}  // namespace metaset::store
