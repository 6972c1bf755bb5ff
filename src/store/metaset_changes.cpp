#include "store/metaset_changes.h"

#include "metaset/base/error.h"

namespace metaset::store {

namespace {

std::string_view required(std::optional<std::string_view> row, PublisherId publisher,
                          std::string_view what, std::uint64_t number) {
  if (row) return *row;
  throw Error(Code::kCorrupt, std::string(what) + " " + std::to_string(number) + " of publisher " +
                                  std::to_string(publisher) + " is missing");
}

}  // namespace

std::optional<std::string_view> config_row(const View& view, PublisherId scope) {
  return view.txn().get(view.env().table(kConfig), pair_key(scope, view.number()));
}

void for_each_publisher_rows(const View& view,
                             const std::function<void(const PublisherRows&)>& visit) {
  lmdb::Cursor publishers(view.txn(), view.env().table(kPublishers));
  for (bool more = publishers.first(); more; more = publishers.next()) {
    const auto record = PublisherRecord::decode(publishers.value());
    if (record.added_in > view.number()) continue;
    PublisherRows rows;
    rows.id = read_u32(publishers.key());
    rows.prefix = record.prefix;
    rows.is_new = record.added_in == view.number();
    rows.config = config_row(view, rows.id);
    rows.state = view.txn().get(view.env().table(kStates), pair_key(rows.id, view.number()));
    if (rows.state) {
      if (!rows.is_new) rows.first = view.at(view.number() - 1).state(rows.id).next_sequence;
      rows.end = PublisherState::decode(*rows.state).next_sequence;
    }
    visit(rows);
  }
}

OperationRow operation_row(const View& view, PublisherId publisher, std::uint64_t sequence) {
  const lmdb::Env& env = view.env();
  OperationRow row;
  row.bytes = required(view.txn().get(env.table(kOperations), pair_key(publisher, sequence)),
                       publisher, "operation", sequence);
  row.operation = OperationRecord::decode(row.bytes);
  const std::string key =
      package_key(publisher, row.operation.name, ips::Version::parse(row.operation.version),
                  row.operation.entry);
  row.entry = PackageEntry::decode(required(view.txn().get(env.table(kPackages), key), publisher,
                                            "package row", row.operation.entry));
  row.entry.removed_in = 0;
  return row;
}

}  // namespace metaset::store
