// Writes the search index (search_index.h), inside the transaction that makes a metaset, so that
// what is found is what the catalog has. The cost is that of reading the manifests that came and
// the lines of their packages; what is written is what differs.
// Thread-safety: as the transaction. Errors: kCorrupt, kLimit, kNoSpace. After an error the
// transaction must be aborted.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/lmdb/lmdb.h"
#include "metaset/store/view.h"

namespace metaset::store {

// Gives the text of a manifest, or nothing if the repository does not have it.
using ManifestTexts = std::function<std::optional<std::string>(const Sha256& digest)>;
ManifestTexts manifests_of(const View& view);

class SearchWriter {
 public:
  SearchWriter(lmdb::Env& env, lmdb::WriteTxn& txn, ManifestTexts manifests)
      : env_(env), txn_(txn), manifests_(std::move(manifests)) {}

  // Takes in package rows that were added (keys of `packages`) for a metaset. All rows if there is
  // no index yet, or metasets before this one were made by a program that does not know it.
  void update(MetasetNumber number, std::vector<std::string> package_keys);
  // The same for all rows of the name that one row is of: a manifest came that was missing.
  void update_name(std::string_view package_key);
  // Makes the index anew.
  void rebuild();
  // Names (as keys of `search-chains`) with documents whose manifests were collected.
  static std::vector<std::string> names_to_collect(const lmdb::Env& env, const lmdb::Txn& txn);
  // Forgets those documents, and what only they had.
  void collect(const std::string& name);

 private:
  void add(std::vector<std::string> package_keys);
  std::vector<std::string> rows_of(std::string_view prefix) const;  // keys of `packages`
  std::optional<std::string> known_ordinal(std::string_view package_key,
                                           const Sha256& manifest) const;

  lmdb::Env& env_;
  lmdb::WriteTxn& txn_;
  ManifestTexts manifests_;
};

// What the index takes of the database.
std::uint64_t search_index_bytes(const lmdb::Env& env, const lmdb::Txn& txn);
// Makes the index of a repository anew, in a transaction of its own.
void rebuild_search_index(lmdb::Env& env);

}  // namespace metaset::store
