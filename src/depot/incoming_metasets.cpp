#include "metaset/depot/incoming_metasets.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/atomic_directory.h"
#include "metaset/base/error.h"
#include "metaset/store/activate.h"
#include "metaset/store/active.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/metaset_transfer.h"
#include "metaset/store/tags.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kManifestsAtOnce = 32 << 20;  // bytes in one durable transaction

}  // namespace

void create_from_record(const std::string& root, const std::string& first_record) {
  AtomicDirectory directory(root);
  store::Repository::create(directory.path(), [&](lmdb::Env& env, lmdb::WriteTxn& txn) {
    store::apply_transfer(env, txn, first_record, true);
  });
  directory.commit();
}

bool is_trusted(const std::vector<store::Statement>& statements,
                const std::vector<std::shared_ptr<const Key>>& trusted, store::MetasetNumber number,
                const Sha256& digest) {
  const auto covers = [&](const store::Statement& statement) {
    return statement.number == number && statement.digest == digest &&
           std::ranges::any_of(trusted, [&](const auto& key) { return statement.is_by(*key); });
  };
  return trusted.empty() || std::ranges::any_of(statements, covers);
}

store::MetasetNumber IncomingMetasets::latest() const {
  return committed(store::View::latest_number);
}
store::MetasetNumber IncomingMetasets::active() const {
  return committed(store::View::active_number);
}

bool IncomingMetasets::is_collected(store::MetasetNumber number) const {
  return committed([number](const lmdb::Env& env, const lmdb::Txn& txn) {
    return store::is_collected(env, txn, number);
  });
}

bool IncomingMetasets::has_manifest(const Sha256& digest) const {
  return committed([&](const lmdb::Env& env, const lmdb::Txn& txn) {
    return txn.get(env.table(store::kManifests), bytes_of(digest)).has_value();
  });
}

bool IncomingMetasets::has_payload(const std::string& name, std::uint64_t csize) const {
  const auto here = repository_.payloads().csize(name);
  if (!here || *here == csize) return here.has_value();
  try {
    repository_.payloads().examine(name);
    return true;
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    return false;
  }
}

void IncomingMetasets::add_manifest(const Sha256& digest, std::string_view text) {
  if (!has_manifest(digest)) add_encoded_manifest(digest, store::encode_manifest(text));
}

void IncomingMetasets::add_encoded_manifest(const Sha256& digest, std::string value) {
  batch_.emplace_back(digest, std::move(value));
  batch_bytes_ += batch_.back().second.size();
  if (batch_bytes_ >= kManifestsAtOnce) flush_manifests();
}

// Manifests that no metaset refers to are harmless, so they need not wait for theirs.
void IncomingMetasets::flush_manifests() {
  if (batch_.empty()) return;
  lmdb::Env& env = repository_.committed();
  lmdb::WriteTxn txn(env);
  std::uint64_t added = 0;
  for (const auto& [digest, value] : batch_) {
    if (txn.insert(env.table(store::kManifests), bytes_of(digest), value)) ++added;
  }
  txn.commit();
  manifests_added_ += added;
  batch_.clear();
  batch_bytes_ = 0;
}

void IncomingMetasets::add_metaset(std::string_view record,
                                   const store::CollectedMetasets& collected) {
  lmdb::Env& env = repository_.committed();
  lmdb::WriteTxn txn(env);
  const auto number = store::apply_transfer(env, txn, record, false).number;
  if (collected.has(number)) note_collected(txn, number);
  txn.commit();
}

std::uint64_t IncomingMetasets::add_statements(const std::vector<store::Statement>& statements) {
  if (statements.empty()) return 0;
  lmdb::Env& env = repository_.committed();
  lmdb::WriteTxn txn(env);
  const std::uint64_t before = statement_count(txn);
  for (const auto& statement : statements) store::put_statement(env, txn, statement);
  const std::uint64_t added = statement_count(txn) - before;
  txn.commit();
  return added;
}

std::uint64_t IncomingMetasets::set_tags(const std::vector<MetasetTag>& tags,
                                         const std::string& who) {
  std::uint64_t set = 0;
  for (const MetasetTag& tag : tags) {
    const bool is_so = committed([&](const lmdb::Env& env, const lmdb::Txn& txn) {
      if (store::is_collected(env, txn, tag.number)) return true;  // here, before it got the tag
      const auto here = store::find_tag(env, txn, tag.name);
      return here && here->number == tag.number;
    });
    if (is_so) continue;
    store::set_tag(repository_, tag.name, tag.number, who, true);
    ++set;
  }
  return set;
}

bool IncomingMetasets::activate(store::MetasetNumber number) {
  if (active() >= number) return false;
  store::activate(repository_, number);
  return true;
}

bool IncomingMetasets::collect_first() {
  if (active() == 1) return false;
  const lmdb::Env& env = repository_.committed();
  lmdb::WriteTxn txn(repository_.committed());
  store::settle_active(env, txn);
  if (store::is_collected(env, txn, 1) || !store::tags_of(env, txn, 1).empty()) return false;
  note_collected(txn, 1);
  txn.commit();
  return true;
}

void IncomingMetasets::note_collected(lmdb::WriteTxn& txn, store::MetasetNumber number) {
  const lmdb::Env& env = repository_.committed();
  auto collected = store::CollectedMetasets::load(env, txn);
  collected.add(number, number);
  collected.save(env, txn);
}

std::uint64_t IncomingMetasets::statement_count(const lmdb::Txn& txn) const {
  std::uint64_t count = 0;
  store::for_each_statement(std::as_const(repository_).committed(), txn,
                            [&](store::MetasetNumber, std::string_view) { ++count; });
  return count;
}

}  // namespace metaset::depot
