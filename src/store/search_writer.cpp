#include "metaset/store/search_writer.h"

#include <algorithm>
#include <array>
#include <memory>

#include "metaset/base/error.h"

#include "store/codec.h"
#include "store/search_chain.h"

namespace metaset::store {

namespace {

constexpr std::array kSearchTables = {kSearchChains, kSearchNames, kSearchDocuments, kSearchLines,
                                      kSearchTokens};
constexpr std::size_t kSequenceSize = 8;  // how package keys end

// All rows of a name begin with it.
std::string_view name_prefix(std::string_view package_key) {
  const std::size_t zero = package_key.find('\0', sizeof(PublisherId));
  if (zero == std::string_view::npos) {
    throw Error(Code::kCorrupt, "damaged key of a package in the database");
  }
  return package_key.substr(0, zero + 1);
}

// Rows of one document have one manifest.
bool is_collected(const lmdb::Env& env, const lmdb::Txn& txn, std::string_view package_key) {
  const auto row = txn.get(env.table(kPackages), package_key);
  return !row || !txn.get(env.table(kManifests), bytes_of(PackageEntry::decode(*row).manifest));
}

}  // namespace

ManifestTexts manifests_of(const View& view) {
  return [view](const Sha256& digest) -> std::optional<std::string> {
    const auto stored = view.manifest(digest);
    if (!stored) return std::nullopt;
    return stored->text();
  };
}

std::uint64_t search_index_bytes(const lmdb::Env& env, const lmdb::Txn& txn) {
  std::uint64_t bytes = 0;
  for (const CommittedTable table : kSearchTables) bytes += txn.bytes(env.table(table));
  return bytes;
}

void rebuild_search_index(lmdb::Env& env) {
  lmdb::WriteTxn txn(env);
  const View latest(env, txn, View::latest_number(env, txn));
  SearchWriter(env, txn, manifests_of(latest)).rebuild();
  txn.commit();
}

std::vector<std::string> SearchWriter::rows_of(std::string_view prefix) const {
  std::vector<std::string> keys;
  lmdb::Cursor cursor(txn_, env_.table(kPackages));
  bool more = prefix.empty() ? cursor.first() : cursor.seek(prefix);
  for (; more && cursor.key().starts_with(prefix); more = cursor.next()) {
    keys.emplace_back(cursor.key());
  }
  return keys;
}

void SearchWriter::update_name(std::string_view package_key) {
  if (txn_.get(env_.table(kMeta), kSearchBuilt) != kSearchFormat) return rebuild();
  add(rows_of(std::string(name_prefix(package_key))));
}

void SearchWriter::update(MetasetNumber number, std::vector<std::string> package_keys) {
  const lmdb::Table meta = env_.table(kMeta);
  if (txn_.get(meta, kSearchBuilt) != kSearchFormat) {
    rebuild();
  } else if (txn_.get(meta, kSearchLatest) != u64_key(number - 1)) {
    add(rows_of({}));
  } else {
    add(std::move(package_keys));
  }
  txn_.put(meta, kSearchLatest, u64_key(number));
}

void SearchWriter::rebuild() {
  for (const CommittedTable table : kSearchTables) txn_.clear(env_.table(table));
  add(rows_of({}));
  txn_.put(env_.table(kMeta), kSearchBuilt, kSearchFormat);
  txn_.put(env_.table(kMeta), kSearchLatest, u64_key(View::latest_number(env_, txn_)));
}

// A version that was removed and came again has a document already, if its manifest is the same.
std::optional<std::string> SearchWriter::known_ordinal(std::string_view package_key,
                                                       const Sha256& manifest) const {
  const std::string version(package_key.substr(0, package_key.size() - kSequenceSize));
  lmdb::Cursor cursor(txn_, env_.table(kPackages));
  for (bool more = cursor.seek(version); more && cursor.key().starts_with(version);
       more = cursor.next()) {
    if (cursor.key().size() != package_key.size()) continue;
    const auto ordinal = txn_.get(env_.table(kSearchDocuments), cursor.key());
    if (ordinal && PackageEntry::decode(cursor.value()).manifest == manifest) {
      return std::string(*ordinal);
    }
  }
  return std::nullopt;
}

void SearchWriter::add(std::vector<std::string> package_keys) {
  std::ranges::sort(package_keys);  // rows of a name one after the other
  SearchBatch batch(txn_, env_.table(kSearchTokens));
  std::unique_ptr<SearchChainWriter> chain;
  std::string_view chain_prefix;
  for (const std::string& key : package_keys) {
    const auto row = txn_.get(env_.table(kPackages), key);
    if (!row) throw Error(Code::kCorrupt, "a package row is missing");
    const Sha256 manifest = PackageEntry::decode(*row).manifest;
    if (manifest == Sha256{} || txn_.get(env_.table(kSearchDocuments), key)) continue;
    auto ordinal = known_ordinal(key, manifest);
    if (!ordinal) {
      const auto text = manifests_(manifest);
      if (!text) continue;
      if (!chain || name_prefix(key) != chain_prefix) {
        if (chain) chain->save();
        chain_prefix = name_prefix(key);
        chain = std::make_unique<SearchChainWriter>(env_, txn_, read_u32(key),
                                                    name_in_package_key(chain_prefix));
      }
      ordinal = Encoder().u64(chain->add_document(*text, batch)).take();
    }
    txn_.put(env_.table(kSearchDocuments), key, *ordinal);
  }
  if (chain) chain->save();
  batch.flush();
}

std::vector<std::string> SearchWriter::names_to_collect(const lmdb::Env& env,
                                                        const lmdb::Txn& txn) {
  std::vector<std::string> names;
  lmdb::Cursor cursor(txn, env.table(kSearchDocuments));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const std::string_view name = name_prefix(cursor.key());
    if ((names.empty() || names.back() != name) && is_collected(env, txn, cursor.key())) {
      names.emplace_back(name);
    }
  }
  return names;
}

void SearchWriter::collect(const std::string& name) {
  std::vector<std::string> rows;
  std::vector<std::uint32_t> ordinals;
  {
    lmdb::Cursor cursor(txn_, env_.table(kSearchDocuments));
    for (bool more = cursor.seek(name); more && cursor.key().starts_with(name);
         more = cursor.next()) {
      if (!is_collected(env_, txn_, cursor.key())) continue;
      rows.emplace_back(cursor.key());
      ordinals.push_back(Decoder(cursor.value(), "search document").u32());
    }
  }
  if (rows.empty()) return;
  for (const std::string& row : rows) txn_.erase(env_.table(kSearchDocuments), row);
  SearchBatch batch(txn_, env_.table(kSearchTokens));
  SearchChainWriter chain(env_, txn_, read_u32(name), name_in_package_key(name));
  chain.forget_documents(ordinals, batch);
  batch.flush_erased();
  chain.save();
}

}  // namespace metaset::store
