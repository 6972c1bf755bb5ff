#include "metaset/store/staging.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "metaset/base/error.h"
#include "metaset/base/random.h"
#include "metaset/store/manifest_store.h"

namespace metaset::store {

namespace {

bool in_area(std::string_view key, const AreaId& area) {
  return key.size() > area.size() && key.substr(0, area.size()) == bytes_of(area);
}

std::string fmri_key(const AreaId& area, std::string_view publisher, std::string_view name,
                     std::string_view version) {
  // Hashed, because a full FMRI can be longer than a key.
  std::string fmri("pkg://");
  fmri.append(publisher).append("/").append(name).append("@").append(version);
  return std::string(bytes_of(area)) + std::string(bytes_of(sha256_of(fmri)));
}
std::string fmri_key(const AreaId& area, const ChangeRecord& change) {
  return fmri_key(area, change.publisher, change.name, change.version);
}

AreaId new_area_id() { return random_bytes<std::tuple_size_v<AreaId>>(); }

void require_area_name(std::string_view name) {
  if (!Staging::is_area_name(name)) {
    throw Error(Code::kInvalid, "'" + std::string(name) +
                                    "' is not a name for a staging area: "
                                    "letters, digits, '.', '_' and '-' are allowed, at most 64");
  }
}

// Erases manifests that no change refers to any more.
void drop_manifests(const lmdb::Env& env, lmdb::WriteTxn& txn, std::set<Sha256> candidates) {
  {
    lmdb::Cursor cursor(txn, env.table(kChanges));
    for (bool more = cursor.first(); more && !candidates.empty(); more = cursor.next()) {
      candidates.erase(ChangeRecord::decode(cursor.value()).manifest);
    }
  }
  for (const Sha256& digest : candidates) txn.erase(env.table(kStagedManifests), bytes_of(digest));
}

std::vector<StagedChange> read_changes(const lmdb::Env& env, const lmdb::Txn& txn,
                                       const AreaId& area) {
  std::vector<StagedChange> result;
  lmdb::Cursor cursor(txn, env.table(kChanges));
  for (bool more = cursor.seek(bytes_of(area)); more && in_area(cursor.key(), area);
       more = cursor.next()) {
    result.push_back({read_u64(cursor.key()), ChangeRecord::decode(cursor.value())});
  }
  return result;
}

void erase_change(const lmdb::Env& env, lmdb::WriteTxn& txn, const AreaId& area,
                  const StagedChange& change) {
  txn.erase(env.table(kChanges), change_key(area, change.sequence));
  const std::string key = fmri_key(area, change.record);
  const auto sequence = txn.get(env.table(kChangedFmris), key);
  if (sequence && read_u64(*sequence) == change.sequence) {
    txn.erase(env.table(kChangedFmris), key);
  }
}

std::optional<Area> area_of(const lmdb::Env& env, const lmdb::Txn& txn, const AreaId& id) {
  lmdb::Cursor cursor(txn, env.table(kAreas));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    Area area{std::string(cursor.key()), AreaRecord::decode(cursor.value())};
    if (area.record.id == id) return area;
  }
  return std::nullopt;
}

// What two changes to one FMRI in a row amount to; nullopt: nothing.
std::optional<ChangeKind> merged(ChangeKind before, ChangeKind after, const std::string& fmri) {
  if (before == ChangeKind::kRemove) {
    return after == ChangeKind::kRemove ? ChangeKind::kRemove : ChangeKind::kReplace;
  }
  if (after == ChangeKind::kRemove) {
    return before == ChangeKind::kAdd ? std::nullopt : std::optional(ChangeKind::kRemove);
  }
  if (after == ChangeKind::kAdd) {
    throw Error(Code::kExists,
                "The specified FMRI, '" + fmri + "', already exists in the staging area.");
  }
  return before;  // replacing what this area adds is still adding
}

ChangeRecord change_of(ChangeKind kind, const ips::Fmri& fmri) {
  if (fmri.publisher.empty() || !fmri.version || fmri.version->timestamp().empty()) {
    throw Error(Code::kInvalid,
                "'" + fmri.text() + "' lacks a publisher, a version or a timestamp");
  }
  return {kind, {}, fmri.publisher, fmri.name, fmri.version->text(), {}};
}

}  // namespace

ips::Fmri StagedChange::fmri() const {
  return {record.publisher, record.name, ips::Version::parse(record.version)};
}

bool Staging::is_area_name(std::string_view name) {
  const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return !name.empty() && name.size() <= 64 && letter(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

void Staging::stage(lmdb::WriteTxn& txn, std::string_view area, const Origin& origin,
                    ChangeRecord change, std::string_view manifest) {
  require_area_name(area);
  AreaRecord record;
  if (const auto known = txn.get(env_.table(kAreas), area)) {
    record = AreaRecord::decode(*known);
  } else {
    record = {new_area_id(), origin.base, now(), origin.who, 0, 0};
  }
  if (record.next_sequence >= kMaxChanges) {
    throw Error(Code::kLimit,
                "staging area '" + std::string(area) + "' is full: commit or abandon it");
  }
  std::optional<ChangeKind> kind = change.kind;
  std::set<Sha256> dropped;
  if (const auto known = txn.get(env_.table(kChangedFmris), fmri_key(record.id, change))) {
    const std::uint64_t sequence = read_u64(*known);
    const auto row = txn.get(env_.table(kChanges), change_key(record.id, sequence));
    if (!row)
      throw Error(Code::kCorrupt, "staging area '" + std::string(area) + "' lacks a change");
    const StagedChange before{sequence, ChangeRecord::decode(*row)};
    kind = merged(before.record.kind, change.kind, before.fmri().text());
    dropped.insert(before.record.manifest);
    erase_change(env_, txn, record.id, before);
    --record.changes;
  }
  if (kind) {
    change.kind = *kind;
    change.time = now();
    if (!manifest.empty()) {
      change.manifest = sha256_of(manifest);
      txn.insert(env_.table(kStagedManifests), bytes_of(change.manifest),
                 encode_manifest(manifest));
    }
    const std::uint64_t sequence = record.next_sequence++;
    ++record.changes;
    txn.put(env_.table(kChanges), change_key(record.id, sequence), change.encode());
    txn.put(env_.table(kChangedFmris), fmri_key(record.id, change), u64_key(sequence));
  }
  drop_manifests(env_, txn, std::move(dropped));
  txn.put(env_.table(kAreas), area, record.encode());
}

void Staging::put(std::string_view area, const Origin& origin, ChangeKind kind,
                  const ips::Fmri& fmri, std::string_view manifest) {
  const ChangeRecord change = change_of(kind, fmri);
  lmdb::WriteTxn txn(env_);
  stage(txn, area, origin, change, manifest);
  txn.commit();
}

Staging::Results Staging::put_all(
    std::span<const Put> puts, const std::function<void(lmdb::WriteTxn&, const Results&)>& also) {
  Results result(puts.size());
  lmdb::WriteTxn txn(env_);
  for (std::size_t i = 0; i < puts.size(); ++i) {
    const Put& put = puts[i];
    try {
      stage(txn, put.area, put.origin, change_of(put.kind, put.fmri), put.manifest);
    } catch (Error& error) {
      // These are found before anything is written; all others spoil the transaction.
      const bool harmless = error.code() == Code::kInvalid || error.code() == Code::kExists ||
                            error.code() == Code::kLimit;
      if (!harmless) throw;
      result[i] = error;
    }
  }
  if (also) also(txn, result);
  txn.commit();
  return result;
}

void Staging::remove(std::string_view area, const Origin& origin, const ips::Fmri& fmri) {
  if (fmri.publisher.empty() || !fmri.version) {
    throw Error(Code::kInvalid, "'" + fmri.text() + "' lacks a publisher or a version");
  }
  lmdb::WriteTxn txn(env_);
  stage(txn, area, origin,
        {ChangeKind::kRemove, {}, fmri.publisher, fmri.name, fmri.version->text(), {}}, {});
  txn.commit();
}

std::vector<Area> Staging::areas() const {
  const lmdb::ReadTxn txn(env_);
  std::vector<Area> result;
  lmdb::Cursor cursor(txn, env_.table(kAreas));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    result.push_back({std::string(cursor.key()), AreaRecord::decode(cursor.value())});
  }
  return result;
}

std::optional<Area> Staging::area(std::string_view name) const {
  require_area_name(name);
  const lmdb::ReadTxn txn(env_);
  const auto value = txn.get(env_.table(kAreas), name);
  if (!value) return std::nullopt;
  return Area{std::string(name), AreaRecord::decode(*value)};
}

std::vector<StagedChange> Staging::changes(const AreaId& area) const {
  const lmdb::ReadTxn txn(env_);
  return read_changes(env_, txn, area);
}

std::optional<StagedChange> Staging::change(const AreaId& area, const ips::Fmri& fmri) const {
  if (!fmri.version) return std::nullopt;
  const lmdb::ReadTxn txn(env_);
  const auto sequence = txn.get(env_.table(kChangedFmris),
                                fmri_key(area, fmri.publisher, fmri.name, fmri.version->text()));
  if (!sequence) return std::nullopt;
  const auto row = txn.get(env_.table(kChanges), change_key(area, read_u64(*sequence)));
  if (!row) return std::nullopt;
  return StagedChange{read_u64(*sequence), ChangeRecord::decode(*row)};
}

bool Staging::has_publisher(const AreaId& area, std::string_view prefix) const {
  const lmdb::ReadTxn txn(env_);
  lmdb::Cursor cursor(txn, env_.table(kChanges));
  for (bool more = cursor.seek(bytes_of(area)); more && in_area(cursor.key(), area);
       more = cursor.next()) {
    if (ChangeRecord::decode(cursor.value()).publisher == prefix) return true;
  }
  return false;
}

std::string Staging::manifest(const Sha256& digest) const {
  const lmdb::ReadTxn txn(env_);
  const auto value = txn.get(env_.table(kStagedManifests), bytes_of(digest));
  if (!value) throw Error(Code::kCorrupt, "staged manifest " + to_hex(digest) + " is missing");
  return decode_manifest(*value).text();
}

bool Staging::abandon(std::string_view name) {
  const auto known = area(name);
  if (!known) return false;
  lmdb::WriteTxn txn(env_);
  std::set<Sha256> dropped;
  for (const StagedChange& change : read_changes(env_, txn, known->record.id)) {
    dropped.insert(change.record.manifest);
    erase_change(env_, txn, known->record.id, change);
  }
  txn.erase(env_.table(kAreas), name);
  drop_manifests(env_, txn, std::move(dropped));
  txn.commit();
  return true;
}

void Staging::clear(const AreaId& area, std::uint64_t end) {
  lmdb::WriteTxn txn(env_);
  auto known = area_of(env_, txn, area);
  if (!known) return;
  std::set<Sha256> dropped;
  for (const StagedChange& change : read_changes(env_, txn, area)) {
    if (change.sequence >= end) continue;
    dropped.insert(change.record.manifest);
    erase_change(env_, txn, area, change);
    --known->record.changes;
  }
  if (known->record.changes == 0) {
    txn.erase(env_.table(kAreas), known->name);
  } else {
    txn.put(env_.table(kAreas), known->name, known->record.encode());
  }
  drop_manifests(env_, txn, std::move(dropped));
  txn.commit();
}

}  // namespace metaset::store
