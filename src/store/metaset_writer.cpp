#include "metaset/store/metaset_writer.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/store/active.h"
#include "metaset/store/metaset_digest.h"
#include "metaset/store/search_writer.h"

namespace metaset::store {

PackageFacts facts_of(const ips::ManifestSummary& summary, const Sha1& sha1, const Sha256& digest) {
  PackageFacts facts;
  facts.name = summary.fmri.name;
  if (summary.fmri.version) facts.version = *summary.fmri.version;
  facts.manifest_sha1 = sha1;
  facts.manifest = digest;
  if (!summary.dependency.empty()) facts.dependency = ips::actions_json(summary.dependency);
  for (const auto& locale : summary.summary) {
    facts.summary.emplace_back(locale.name, ips::actions_json(locale.actions));
  }
  facts.obsolete = summary.obsolete;
  facts.renamed = summary.renamed;
  return facts;
}

MetasetWriter::MetasetWriter(lmdb::Env& env, lmdb::WriteTxn& txn, Options options)
    : env_(env), txn_(txn), options_(std::move(options)) {
  record_.parent = View::latest_number(env, txn);
  record_.number = record_.parent + 1;
  record_.time = options_.time.value_or(now());
  record_.who = options_.who;
  record_.message = options_.message;
  if (record_.parent != 0) {
    const auto parent = View::record_of(env, txn, record_.parent);
    record_.packages = parent->packages;
    record_.package_versions = parent->package_versions;
    // Clients compare times: a clock that was set back must not make the catalog older.
    if (record_.time <= parent->time) record_.time = Time{parent->time.micros + 1};
  }
}

MetasetWriter::Pending& MetasetWriter::pending(PublisherId publisher) {
  auto [place, is_new] = pending_.try_emplace(publisher);
  if (is_new) {
    place->second.state = view().state(publisher);
    place->second.change.publisher = publisher;
  }
  return place->second;
}

PublisherId MetasetWriter::publisher(std::string_view prefix) {
  if (const auto known = txn_.get(env_.table(kPublisherNames), prefix)) return read_u32(*known);
  if (!ips::is_publisher_name(prefix)) {
    throw Error(Code::kInvalid, "Invalid publisher prefix: " + std::string(prefix));
  }
  lmdb::Cursor last(txn_, env_.table(kPublishers));
  const PublisherId id = last.last() ? read_u32(last.key()) + 1 : 1;
  txn_.put(env_.table(kPublishers), u32_key(id),
           PublisherRecord{std::string(prefix), record_.number}.encode());
  txn_.put(env_.table(kPublisherNames), prefix, u32_key(id));
  Pending& p = pending_[id];
  p.change.publisher = id;
  p.state.created = p.state.last_modified = record_.time;
  p.changed = true;
  return id;
}

TextId MetasetWriter::put_text(std::string_view text) {
  const Sha256 digest = sha256_of(text);
  TextId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  txn_.insert(env_.table(kTexts), bytes_of(id), text);
  return id;
}

Sha256 MetasetWriter::put_manifest(std::string_view text) {
  const Sha256 digest = sha256_of(text);
  if (!txn_.get(env_.table(kManifests), bytes_of(digest))) {
    txn_.put(env_.table(kManifests), bytes_of(digest), encode_manifest(text));
  }
  return digest;
}

bool MetasetWriter::has_visible(PublisherId publisher, std::string_view name) const {
  bool found = false;
  view().for_each_of(publisher, name, [&](std::string_view, const PackageEntry&) {
    found = true;
    return false;
  });
  return found;
}

void MetasetWriter::touch_part(Pending& p, std::string name, Time time) {
  auto place =
      std::lower_bound(p.state.parts.begin(), p.state.parts.end(), name,
                       [](const PartState& a, const std::string& b) { return a.name < b; });
  if (place == p.state.parts.end() || place->name != name) {
    place = p.state.parts.insert(place, PartState{std::move(name), time, record_.number});
  }
  place->last_modified = time;
  place->changed_in = record_.number;
}

PackageEntry MetasetWriter::entry_of(const PackageFacts& facts) {
  PackageEntry entry;
  entry.version = facts.version.text();
  entry.manifest_sha1 = facts.manifest_sha1;
  entry.manifest = facts.manifest;
  entry.obsolete = facts.obsolete;
  entry.renamed = facts.renamed;
  if (!facts.dependency.empty()) entry.dependency = put_text(facts.dependency);
  for (const auto& [locale, text] : facts.summary)
    entry.summary.push_back({locale, put_text(text)});
  return entry;
}

void MetasetWriter::put_package(const Pending& p, PublisherId publisher, const std::string& name,
                                const ips::Version& version, const PackageEntry& entry) {
  std::string key = package_key(publisher, name, version, p.state.next_sequence);
  txn_.put(env_.table(kPackages), key, entry.encode());
  if (entry.added_in != entry.removed_in) added_rows_.push_back(std::move(key));
}

void MetasetWriter::log_operation(Pending& p, PublisherId publisher, const PackageEntry& entry,
                                  const OperationRecord& operation) {
  const std::uint64_t sequence = p.state.next_sequence++;
  txn_.append(env_.table(kOperations), pair_key(publisher, sequence), operation.encode());
  p.changed = true;
  touch_part(p, "catalog.base.C", operation.time);
  if (entry.dependency) touch_part(p, "catalog.dependency.C", operation.time);
  for (const LocaleText& s : entry.summary) {
    touch_part(p, "catalog.summary." + s.locale, operation.time);
  }
  if (operation.time > p.state.last_modified) p.state.last_modified = operation.time;
  if (!operation.logged) return;
  const std::int64_t hour = operation.time.hour();
  const auto extend = [&](const std::string& locale) {
    auto [place, is_new] = p.logs.try_emplace({hour, locale});
    LogRecord& log = place->second;
    if (is_new) {
      const auto before = view().log(publisher, hour, locale);
      log.first = before ? before->record.first : sequence;
    }
    log.end = sequence + 1;
    log.last_modified = operation.time;
  };
  extend("C");
  for (const LocaleText& s : entry.summary) {
    if (s.locale != "C") extend(s.locale);
  }
}

void MetasetWriter::count_addition(Pending& p, PublisherId publisher, const std::string& name,
                                   const ips::Version& version) {
  if (view().find_visible(publisher, name, version)) {
    throw Error(Code::kExists, "The specified FMRI, 'pkg://" + view().prefix_of(publisher) + "/" +
                                   name + "@" + version.text() +
                                   "', already exists or has been restricted.");
  }
  if (!has_visible(publisher, name)) {
    ++p.state.packages;
    ++record_.packages;
  }
  ++p.state.package_versions;
  ++record_.package_versions;
  ++p.change.added;
}

void MetasetWriter::add(PublisherId publisher, const PackageFacts& facts, OperationTime when) {
  add_again(publisher, facts.name, entry_of(facts), when);
}

void MetasetWriter::add_again(PublisherId publisher, const std::string& name, PackageEntry entry,
                              OperationTime when) {
  Pending& p = pending(publisher);
  const ips::Version version = ips::Version::parse(entry.version);
  count_addition(p, publisher, name, version);
  entry.added_in = record_.number;
  entry.removed_in = 0;
  put_package(p, publisher, name, version, entry);
  log_operation(p, publisher, entry,
                {record_.number, when.time == Time{} ? record_.time : when.time, true, when.logged,
                 name, entry.version, p.state.next_sequence});
}

void MetasetWriter::remove(PublisherId publisher, std::string_view name,
                           const ips::Version& version, OperationTime when) {
  Pending& p = pending(publisher);
  auto row = view().find_visible(publisher, name, version);
  if (!row) {
    throw Error(Code::kNotFound, "no package pkg://" + view().prefix_of(publisher) + "/" +
                                     std::string(name) + "@" + version.text());
  }
  row->entry.removed_in = record_.number;
  txn_.put(env_.table(kPackages), row->key, row->entry.encode());
  if (!has_visible(publisher, name)) {
    --p.state.packages;
    --record_.packages;
  }
  --p.state.package_versions;
  --record_.package_versions;
  ++p.change.removed;
  OperationRecord operation{record_.number,
                            when.time == Time{} ? record_.time : when.time,
                            false,
                            when.logged,
                            std::string(name),
                            version.text(),
                            read_u64(row->key)};
  log_operation(p, publisher, row->entry, operation);
}

void MetasetWriter::remove_unknown(PublisherId publisher, const PackageFacts& facts,
                                   OperationTime when) {
  remove_unknown(publisher, facts.name, entry_of(facts), when);
}

void MetasetWriter::remove_unknown(PublisherId publisher, const std::string& name,
                                   PackageEntry entry, OperationTime when) {
  Pending& p = pending(publisher);
  entry.added_in = entry.removed_in = record_.number;
  put_package(p, publisher, name, ips::Version::parse(entry.version), entry);
  ++p.change.removed;
  log_operation(
      p, publisher, entry,
      {record_.number, when.time, false, when.logged, name, entry.version, p.state.next_sequence});
}

void MetasetWriter::set_catalog_times(PublisherId publisher, const ips::CatalogAttrs& attrs) {
  Pending& p = pending(publisher);
  p.changed = true;
  p.state.created = attrs.created;
  p.state.last_modified = attrs.last_modified;
  for (const ips::FileAttrs& part : attrs.parts) touch_part(p, part.name, part.last_modified);
}

void MetasetWriter::set_utf8_feature(PublisherId publisher, bool on) {
  Pending& p = pending(publisher);
  if (p.state.utf8_feature == on) return;
  p.state.utf8_feature = on;
  p.changed = true;
}

void MetasetWriter::set_config(PublisherId scope, std::string_view json) {
  if (view().config(scope).value_or("") != json) take_config(scope, json);
}

void MetasetWriter::take_config(PublisherId scope, std::string_view json) {
  txn_.put(env_.table(kConfig), pair_key(scope, record_.number), json);
  configured_ = true;
}

void MetasetWriter::take_state(PublisherId publisher, const PublisherState& state) {
  Pending& p = pending(publisher);
  if (state.packages != p.state.packages || state.package_versions != p.state.package_versions ||
      state.next_sequence != p.state.next_sequence) {
    throw Error(Code::kCorrupt, "the state of publisher " + view().prefix_of(publisher) +
                                    " in metaset " + std::to_string(record_.number) +
                                    " counts other packages or operations than there are");
  }
  p.state = state;
  p.changed = true;
}

void MetasetWriter::write_states() {
  for (auto& [publisher, p] : pending_) {
    if (!p.changed) continue;
    txn_.append(env_.table(kStates), pair_key(publisher, record_.number), p.state.encode());
    for (const auto& [where, log] : p.logs) {
      txn_.put(env_.table(kLogs),
               logs_prefix(publisher, where.first, where.second) + u64_key(record_.number),
               log.encode());
    }
    // Clients compare times: the next metaset must be newer than every catalog, imported ones too.
    record_.time = std::max(record_.time, p.state.last_modified);
    p.change.packages = p.state.packages;
    p.change.package_versions = p.state.package_versions;
    record_.publishers.push_back(p.change);
  }
}

void MetasetWriter::write_search_index() {
  const auto manifest = [this, text_of = manifests_of(view())](const Sha256& digest) {
    if (options_.index_step) options_.index_step();
    return text_of(digest);
  };
  SearchWriter(env_, txn_, manifest).update(record_.number, std::move(added_rows_));
  added_rows_.clear();
}

bool MetasetWriter::finish() {
  const bool any = configured_ || std::any_of(pending_.begin(), pending_.end(),
                                              [](const auto& p) { return p.second.changed; });
  if (!any) return false;
  write_states();
  if (options_.index) write_search_index();
  record_.content = content_digest(view());
  record_.digest = chain_digest(record_, View::record_of(env_, txn_, record_.parent));
  txn_.append(env_.table(kMetasets), u64_key(record_.number), record_.encode());
  settle_active(env_, txn_);
  if (options_.activate) put_active(env_, txn_, record_.number);
  return true;
}

}  // namespace metaset::store
