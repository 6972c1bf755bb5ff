#include "metaset/store/metaset_digest.h"

#include "metaset/base/hash.h"

#include "store/metaset_changes.h"

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
  }
  Sha256 finish() { return hasher_.finish_sha256(); }

 private:
  Hasher hasher_{HashKind::kSha256};
};

void add_publisher(const View& view, const PublisherRows& publisher, Rows& out) {
  if (!publisher.any()) return;
  Rows rows;
  if (publisher.is_new) rows.add("new", publisher.prefix);
  if (publisher.config) rows.add("config", *publisher.config);
  if (publisher.state) rows.add("state", *publisher.state);
  for (std::uint64_t sequence = publisher.first; sequence < publisher.end; ++sequence) {
    const OperationRow row = operation_row(view, publisher.id, sequence);
    rows.add("operation", row.bytes);
    rows.add("package", row.entry.encode());
  }
  out.add("publisher", publisher.prefix);
  out.add("changes", bytes_of(rows.finish()));
}

}  // namespace

Sha256 content_digest(const View& view) {
  Rows rows;
  for_each_publisher_rows(
      view, [&](const PublisherRows& publisher) { add_publisher(view, publisher, rows); });
  if (const auto config = config_row(view, 0)) rows.add("config", *config);
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
