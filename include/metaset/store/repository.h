// A repository directory, opened: both environments and the stores beside them.
//
// Thread-safety: shared by threads; every thread makes its own transactions. One object per
// directory and process (LMDB); not to be used across fork. Errors: kNotFound if the directory is
// not a repository, kExists when creating over one, kCorrupt for an unknown format.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metaset/lmdb/lmdb.h"
#include "metaset/store/added_sizes.h"
#include "metaset/store/catalog_files.h"
#include "metaset/store/metaset_writer.h"
#include "metaset/store/outlines.h"
#include "metaset/store/payloads.h"
#include "metaset/store/view.h"

namespace metaset::store {

enum class Access { kRead, kWrite };  // kRead opens committed/ only, read-only

class Repository {
 public:
  // Makes an empty repository with metaset 1: these publishers, this configuration (JSON).
  static void create(const std::string& root, const std::vector<std::string>& publishers,
                     const std::string& config, const MetasetWriter::Options& options);
  // The same with what `first` writes into it.
  static void create(const std::string& root,
                     const std::function<void(lmdb::Env&, lmdb::WriteTxn&)>& first);
  static bool is_repository(const std::string& root);

  Repository(std::string root, Access access);

  const std::string& root() const { return root_; }
  const lmdb::Env& committed() const { return *committed_; }
  lmdb::Env& committed();  // kDenied if opened for reading
  lmdb::Env& staging();    // kDenied if opened for reading
  // Goes on with what the directories are now (lmdb.h); what is remembered of catalogs is
  // forgotten. False if they were not replaced since the last call.
  bool follow();
  PayloadStore& payloads() { return payloads_; }
  CatalogFiles& catalog_files() { return catalog_files_; }
  const Outlines& outlines() const { return outlines_; }
  const SizeNotes& size_notes() const { return size_notes_; }

  // Runs `change` on the next metaset in one transaction; nullopt if it changed nothing.
  template <typename Change>
  std::optional<MetasetRecord> write_metaset(const MetasetWriter::Options& options,
                                             const Change& change) {
    lmdb::WriteTxn txn(committed());
    MetasetWriter writer(committed(), txn, options);
    change(writer, txn);
    if (!writer.finish()) return std::nullopt;
    txn.commit();
    return writer.record();
  }

 private:
  void require_write() const;
  std::string root_;
  std::unique_ptr<lmdb::Env> committed_;
  std::unique_ptr<lmdb::Env> staging_;
  std::atomic<unsigned> generation_{0};  // of both, when follow() was called last
  PayloadStore payloads_;
  CatalogFiles catalog_files_;
  Outlines outlines_;
  SizeNotes size_notes_;
};

// Where LMDB's map size comes from: METASET_MAP_SIZE in bytes or with K, M, G, T; else the default.
std::uint64_t configured_map_size();

}  // namespace metaset::store
