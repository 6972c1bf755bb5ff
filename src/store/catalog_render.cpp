#include "metaset/store/catalog_render.h"

#include <algorithm>

#include "metaset/base/error.h"

namespace metaset::store {

std::string CatalogFileName::key() const {
  return catalog_file_key(publisher.id, name, changed_in, utf8_feature);
}

namespace {

constexpr std::string_view kBase = "catalog.base.C";
constexpr std::string_view kDependency = "catalog.dependency.C";
constexpr std::string_view kSummary = "catalog.summary.";

// Names come from the database, where they can be damaged.
void require_part_name(std::string_view name) {
  if (name == kBase || name == kDependency) return;
  if (name.starts_with(kSummary) && ips::is_catalog_file_name(name)) return;
  throw Error(Code::kCorrupt, "'" + std::string(name) + "' in the database is no catalog part");
}

CatalogFileName part_file(const Publisher& publisher, const PublisherState& state,
                          const PartState& part) {
  require_part_name(part.name);
  return {publisher, part.name, part.changed_in, part.last_modified, state.utf8_feature, {}};
}

CatalogFileName log_file(const Publisher& publisher, const PublisherState& state,
                         const UpdateLog& log) {
  return {publisher, log.file_name(), log.changed_in, log.record.last_modified, state.utf8_feature,
          log};
}

const TextId* summary_of(const PackageEntry& entry, std::string_view locale) {
  for (const LocaleText& text : entry.summary) {
    if (text.locale == locale) return &text.text;
  }
  return nullptr;
}

// Appends the entry of a package for one part; false if it has none there.
bool append_entry(const View& view, const PackageEntry& entry, std::string_view part,
                  std::string& out) {
  if (part == kBase) {
    ips::append_base_entry(entry.manifest_sha1, entry.version, out);
    return true;
  }
  const TextId* id = part == kDependency ? (entry.dependency ? &*entry.dependency : nullptr)
                                         : summary_of(entry, part.substr(kSummary.size()));
  if (id == nullptr) return false;
  ips::append_actions_entry(view.text(*id), entry.version, out);
  return true;
}

ips::FileDigest render_part(const View& view, const CatalogFileName& file, const ips::Sink& sink) {
  require_part_name(file.name);
  ips::PartWriter writer(sink, file.utf8_feature);
  writer.publisher(file.publisher.prefix);
  std::string current, buffer;
  view.for_each(file.publisher.id, [&](std::string_view name, const PackageEntry& entry) {
    buffer.clear();
    if (!append_entry(view, entry, file.name, buffer)) return true;
    if (name != current) {
      current = name;
      writer.package(current);
    }
    writer.entry(buffer);
    return true;
  });
  return writer.finish();
}

PackageEntry entry_of(const View& view, PublisherId publisher, const OperationRecord& operation) {
  const auto value =
      view.txn().get(view.env().table(kPackages),
                     package_key(publisher, operation.name, ips::Version::parse(operation.version),
                                 operation.entry));
  if (!value) {
    throw Error(Code::kCorrupt, "no package row for " + operation.name + "@" + operation.version);
  }
  return PackageEntry::decode(*value);
}

std::vector<OperationRecord> operations_of(const View& view, PublisherId publisher,
                                           const LogRecord& log) {
  std::vector<OperationRecord> operations;
  lmdb::Cursor cursor(view.txn(), view.env().table(kOperations));
  for (bool more = cursor.seek(pair_key(publisher, log.first));
       more && read_u32(cursor.key()) == publisher && read_u64(cursor.key()) < log.end;
       more = cursor.next()) {
    OperationRecord operation = OperationRecord::decode(cursor.value());
    if (operation.logged) operations.push_back(std::move(operation));
  }
  return operations;
}

ips::FileDigest render_log(const View& view, const CatalogFileName& file, const ips::Sink& sink) {
  std::vector<OperationRecord> operations =
      operations_of(view, file.publisher.id, file.log->record);
  // By name; the operations of a name in the order they happened.
  std::stable_sort(operations.begin(), operations.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  ips::PartWriter writer(sink, file.utf8_feature);
  writer.publisher(file.publisher.prefix);
  std::string current, buffer;
  for (const OperationRecord& operation : operations) {
    const PackageEntry entry = entry_of(view, file.publisher.id, operation);
    ips::LogOperation line;
    line.add = operation.add;
    line.time = operation.time;
    line.version = operation.version;
    if (file.log->locale == "C") {
      line.manifest = entry.manifest_sha1;
      if (entry.dependency) line.dependency = view.text(*entry.dependency);
    }
    if (const TextId* id = summary_of(entry, file.log->locale)) {
      line.summary_locale = file.log->locale;
      line.summary = view.text(*id);
    }
    if (!line.manifest && line.summary.empty()) continue;  // nothing of this locale
    if (operation.name != current) {
      current = operation.name;
      writer.package(current);
    }
    buffer.clear();
    ips::append_log_operation(line, buffer);
    writer.entry(buffer);
  }
  return writer.finish();
}

}  // namespace

std::optional<CatalogFileName> find_catalog_file(const View& view, const Publisher& publisher,
                                                 const PublisherState& state,
                                                 std::string_view name) {
  for (const PartState& part : state.parts) {
    if (part.name == name) return part_file(publisher, state, part);
  }
  constexpr std::string_view kUpdate = "update.";
  const std::size_t dot = name.find('.', kUpdate.size());
  if (name.substr(0, kUpdate.size()) != kUpdate || dot == std::string_view::npos) return {};
  const auto hour = parse_update_hour(name.substr(kUpdate.size(), dot - kUpdate.size()));
  if (!hour || *hour < 0 || name.size() > 100) return {};
  const auto log = view.log(publisher.id, *hour, name.substr(dot + 1));
  if (!log) return {};
  return log_file(publisher, state, *log);
}

std::vector<CatalogFileName> list_catalog_files(const View& view, const Publisher& publisher,
                                                const PublisherState& state) {
  std::vector<CatalogFileName> files;
  for (const PartState& part : state.parts) files.push_back(part_file(publisher, state, part));
  for (const UpdateLog& log : view.logs(publisher.id)) {
    files.push_back(log_file(publisher, state, log));
  }
  return files;
}

ips::FileDigest render_catalog_file(const View& view, const CatalogFileName& file,
                                    const ips::Sink& sink) {
  return file.log ? render_log(view, file, sink) : render_part(view, file, sink);
}

}  // namespace metaset::store
