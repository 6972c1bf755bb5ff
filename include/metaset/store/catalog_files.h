// Catalog files on disk and in memory: rendered once, named by digest, precompressed.
//
// Files are a pure function of their metaset, so they are made when somebody first needs them (or
// by materialize() after a commit) and may be deleted at any time. REPO/catalog/XX/SHA1 and
// SHA1.gz; REPO/catalog/known/KEY remembers the digest across processes until it is recorded in the
// database. Several processes and threads may ask at once: one renders (file lock), the others wait
// for it. Where the directory cannot be written, files are rendered into memory for each request.
// Thread-safety: any thread. Errors: kCorrupt, system errors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "metaset/store/catalog_render.h"

namespace metaset::store {

struct CatalogFile {
  Sha1 sha1{};  // of _SIGNATURE; the strong validator of the file
  std::uint64_t size = 0;
  Time last_modified;
  std::string path;  // relative to the repository; empty: not on disk, see text
  std::uint64_t gzip_size = 0;
  std::shared_ptr<const std::string> text;  // set if path is empty
};

struct AttrsFile {
  std::string text, gzip;
  Sha1 sha1{};
  Time last_modified;
};

class CatalogFiles {
 public:
  explicit CatalogFiles(std::string repository);

  // The file with its bytes at hand, on disk or in memory.
  CatalogFile get(const View& view, const CatalogFileName& file);
  // catalog.attrs of a publisher in a view; kept in memory for recent metasets.
  std::shared_ptr<const AttrsFile> attrs(const View& view, const Publisher& publisher);

  // Renders whatever is missing for a metaset.
  void materialize(const View& view);
  // Writes the digests of a view's files into catalog-files, so that nobody has to render to know
  // them and `verify` can prove them. `txn` is a transaction of the same environment.
  void record(const View& view, lmdb::WriteTxn& txn);
  // Deletes files that none of the newest `keep` metasets uses and that are over an hour old; or
  // only counts them.
  struct Pruned {
    std::uint64_t files = 0, bytes = 0;
  };
  Pruned prune(const lmdb::Env& env, const lmdb::Txn& txn, unsigned keep, bool dry_run = false);
  // What is kept in memory.
  void forget();

 private:
  CatalogFileRecord digest(const View& view, const CatalogFileName& file);
  std::optional<CatalogFileRecord> known(const View& view, const CatalogFileName& file);
  CatalogFile render(const View& view, const CatalogFileName& file);
  bool on_disk(CatalogFile& file) const;
  std::string known_path(const View& view, const CatalogFileName& file) const;
  void remember(const std::string& key, const CatalogFileRecord& record);

  std::string repository_;
  std::mutex mutex_;  // guards the maps
  std::map<std::string, CatalogFileRecord> digests_;
  std::map<std::pair<PublisherId, MetasetNumber>, std::shared_ptr<const AttrsFile>> attrs_;
  std::size_t attrs_bytes_ = 0;
};

}  // namespace metaset::store
