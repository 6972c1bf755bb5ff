#include "metaset/store/view.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/store/active.h"

namespace metaset::store {

namespace {
bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
}  // namespace

std::string UpdateLog::file_name() const { return "update." + update_hour(hour) + "." + locale; }

MetasetNumber View::active_number(const lmdb::Env& env, const lmdb::Txn& txn) {
  const ActiveRecord record = active_record(env, txn);
  return record.schedule ? record.at(now()) : record.number;
}

MetasetNumber View::latest_number(const lmdb::Env& env, const lmdb::Txn& txn) {
  lmdb::Cursor cursor(txn, env.table(kMetasets));
  return cursor.last() ? read_u64(cursor.key()) : 0;
}

View::View(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number)
    : env_(env), txn_(txn), number_(number) {}

View::View(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number, StagedManifests staged)
    : env_(env), txn_(txn), number_(number), staged_(staged) {}

std::optional<MetasetRecord> View::record_of(const lmdb::Env& env, const lmdb::Txn& txn,
                                             MetasetNumber number) {
  const auto value = txn.get(env.table(kMetasets), u64_key(number));
  if (!value) return std::nullopt;
  return MetasetRecord::decode(*value);
}

MetasetRecord View::record() const {
  auto record = record_of(env_, txn_, number_);
  if (!record) throw Error(Code::kNotFound, "no metaset " + std::to_string(number_));
  return *std::move(record);
}

std::vector<Publisher> View::publishers() const {
  std::vector<Publisher> result;
  lmdb::Cursor cursor(txn_, table(kPublisherNames));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const PublisherId id = read_u32(cursor.value());
    const auto record = txn_.get(table(kPublishers), u32_key(id));
    if (record && PublisherRecord::decode(*record).added_in <= number_) {
      result.push_back({id, std::string(cursor.key())});
    }
  }
  if (const auto first = default_publisher()) {
    const auto place = std::find_if(result.begin(), result.end(),
                                    [&](const Publisher& p) { return p.id == first->id; });
    if (place != result.end()) std::rotate(result.begin(), place, place + 1);
  }
  return result;
}

std::optional<Publisher> View::publisher(std::string_view prefix) const {
  if (prefix.empty() || prefix.size() > lmdb::kMaxKey) return std::nullopt;
  const auto id = txn_.get(table(kPublisherNames), prefix);
  if (!id) return std::nullopt;
  const auto record = txn_.get(table(kPublishers), *id);
  if (!record || PublisherRecord::decode(*record).added_in > number_) return std::nullopt;
  return Publisher{read_u32(*id), std::string(prefix)};
}

std::optional<Publisher> View::default_publisher() const {
  const auto text = config(0);
  if (!text) return std::nullopt;
  const rapidjson::Document json = parse_json(*text, "configuration");
  const auto section = json.FindMember("publisher");
  if (section == json.MemberEnd() || !section->value.IsObject()) return std::nullopt;
  const auto prefix = section->value.FindMember("prefix");
  if (prefix == section->value.MemberEnd() || !prefix->value.IsString()) return std::nullopt;
  return publisher({prefix->value.GetString(), prefix->value.GetStringLength()});
}

std::string View::prefix_of(PublisherId id) const {
  const auto record = txn_.get(table(kPublishers), u32_key(id));
  if (!record) throw Error(Code::kCorrupt, "publisher " + std::to_string(id) + " is not known");
  return PublisherRecord::decode(*record).prefix;
}

std::optional<std::pair<std::string_view, MetasetNumber>> View::row_at(lmdb::Table rows,
                                                                       std::uint32_t id) const {
  lmdb::Cursor cursor(txn_, rows);
  if (!cursor.seek_at_most(pair_key(id, number_)) || cursor.key().size() != 12 ||
      read_u32(cursor.key()) != id) {
    return std::nullopt;
  }
  return std::pair(cursor.value(), MetasetNumber{read_u64(cursor.key())});
}

PublisherState View::state(PublisherId publisher) const {
  const auto row = row_at(table(kStates), publisher);
  if (!row) throw Error(Code::kCorrupt, "publisher " + std::to_string(publisher) + " has no state");
  return PublisherState::decode(row->first);
}

std::optional<std::string> View::config(PublisherId scope) const {
  const auto row = row_at(table(kConfig), scope);
  if (!row || row->first.empty()) return std::nullopt;
  return std::string(row->first);
}

std::optional<PackageEntry> View::find(PublisherId publisher, std::string_view name,
                                       const ips::Version& version) const {
  const std::string text = version.text();
  const std::string prefix = packages_prefix(publisher, name) + version.order_key();
  std::optional<PackageEntry> best;
  lmdb::Cursor cursor(txn_, table(kPackages));
  if (prefix.size() > lmdb::kMaxKey) return best;
  for (bool more = cursor.seek(prefix); more && starts_with(cursor.key(), prefix);
       more = cursor.next()) {
    PackageEntry entry = PackageEntry::decode(cursor.value());
    if (entry.version != text) continue;  // differs in its build release only
    if (entry.visible_in(number_)) return entry;
    // Its manifest may never have been here, or be collected.
    if (txn_.get(table(kManifests), bytes_of(entry.manifest))) best = std::move(entry);
  }
  return best;
}

std::optional<View::Row> View::find_visible(PublisherId publisher, std::string_view name,
                                            const ips::Version& version) const {
  const std::string text = version.text();
  const std::string prefix = packages_prefix(publisher, name) + version.order_key();
  lmdb::Cursor cursor(txn_, table(kPackages));
  if (prefix.size() > lmdb::kMaxKey) return std::nullopt;
  for (bool more = cursor.seek(prefix); more && starts_with(cursor.key(), prefix);
       more = cursor.next()) {
    if (!PackageEntry::visible(cursor.value(), number_)) continue;
    PackageEntry entry = PackageEntry::decode(cursor.value());
    if (entry.version == text) return Row{std::string(cursor.key()), std::move(entry)};
  }
  return std::nullopt;
}

std::optional<PackageEntry> View::newest(PublisherId publisher, std::string_view name) const {
  const std::string prefix = packages_prefix(publisher, name);
  std::string behind = prefix;
  behind.back() = '\1';  // no name goes on with it
  if (behind.size() > lmdb::kMaxKey) return std::nullopt;
  lmdb::Cursor cursor(txn_, table(kPackages));
  for (bool more = cursor.seek_at_most(behind); more && starts_with(cursor.key(), prefix);
       more = cursor.previous()) {
    if (PackageEntry::visible(cursor.value(), number_)) return PackageEntry::decode(cursor.value());
  }
  return std::nullopt;
}

bool View::ever_had_packages(PublisherId publisher) const {
  lmdb::Cursor cursor(txn_, table(kPackages));
  return cursor.seek(u32_key(publisher)) && read_u32(cursor.key()) == publisher;
}

void View::scan(const std::string& prefix, const Visitor& visit) const {
  lmdb::Cursor cursor(txn_, table(kPackages));
  for (bool more = cursor.seek(prefix); more && starts_with(cursor.key(), prefix);
       more = cursor.next()) {
    if (!PackageEntry::visible(cursor.value(), number_)) continue;
    if (!visit(name_in_package_key(cursor.key()), PackageEntry::decode(cursor.value()))) return;
  }
}

void View::for_each(PublisherId publisher, const Visitor& visit) const {
  scan(u32_key(publisher), visit);
}

void View::for_each_of(PublisherId publisher, std::string_view name, const Visitor& visit) const {
  const std::string prefix = packages_prefix(publisher, name);
  if (prefix.size() <= lmdb::kMaxKey) scan(prefix, visit);
}

std::optional<StoredManifest> View::manifest(const Sha256& digest) const {
  auto value = txn_.get(table(kManifests), bytes_of(digest));
  if (!value && staged_.txn != nullptr) value = staged_.txn->get(staged_.table, bytes_of(digest));
  if (!value) return std::nullopt;
  return decode_manifest(*value);
}

std::string_view View::text(const TextId& id) const {
  const auto value = txn_.get(table(kTexts), bytes_of(id));
  if (!value) throw Error(Code::kCorrupt, "catalog text " + to_hex(id) + " is missing");
  return *value;
}

std::vector<UpdateLog> View::logs(PublisherId publisher) const {
  // Rows of one log are neighbours, one for each metaset that changed it: seek to the one that
  // counts for this metaset, then past the rest.
  std::vector<UpdateLog> result;
  lmdb::Cursor cursor(txn_, table(kLogs));
  const std::string mine = u32_key(publisher);
  bool more = cursor.seek(mine);
  while (more && starts_with(cursor.key(), mine)) {
    const std::string prefix(cursor.key().substr(0, cursor.key().size() - 8));
    if (prefix.size() < 9) throw Error(Code::kCorrupt, "damaged key in the database");
    if (cursor.seek_at_most(prefix + u64_key(number_)) && starts_with(cursor.key(), prefix)) {
      UpdateLog log;
      log.hour = read_u32(std::string_view(prefix).substr(4));
      log.locale = prefix.substr(8, prefix.size() - 9);
      log.changed_in = read_u64(cursor.key());
      log.record = LogRecord::decode(cursor.value());
      result.push_back(std::move(log));
    }
    more = cursor.seek(prefix + std::string(9, '\xff'));
  }
  return result;
}

std::optional<UpdateLog> View::log(PublisherId publisher, std::int64_t hour,
                                   std::string_view locale) const {
  const std::string prefix = logs_prefix(publisher, hour, locale);
  lmdb::Cursor cursor(txn_, table(kLogs));
  if (!cursor.seek_at_most(prefix + u64_key(number_)) || !starts_with(cursor.key(), prefix)) {
    return std::nullopt;
  }
  return UpdateLog{hour, std::string(locale), read_u64(cursor.key()),
                   LogRecord::decode(cursor.value())};
}

}  // namespace metaset::store
