// The whole catalog of one publisher of a stock repository, with its history, in memory.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "metaset/ips/catalog.h"
#include "metaset/ips/version.h"
#include "metaset/pkg5/repository.h"
#include "metaset/store/metaset_writer.h"

namespace metaset::pkg5 {

// Keeps every text once. Views live as long as the pool.
class TextPool {
 public:
  std::string_view keep(std::string&& text) { return *texts_.insert(std::move(text)).first; }
  std::string_view keep(std::string_view text) { return keep(std::string(text)); }

 private:
  std::unordered_set<std::string> texts_;
};

// What the catalog says of a package version, as in store::PackageFacts but without copies.
struct CatalogPackage {
  std::string_view name, version;
  Sha1 manifest_sha1{};
  Sha256 manifest{};            // filled in when the manifest was read; zero: not known
  std::string_view dependency;  // JSON arrays; empty: none
  std::vector<std::pair<std::string_view, std::string_view>> summary;  // locale, text; sorted

  store::PackageFacts facts() const;
};
struct CatalogOperation {
  bool add = true;
  Time time;
  CatalogPackage package;
};

struct StockFile {
  ips::ReadResult content;
  // "_FEATURE":[], which stock tools leave behind when pkgrepo remove was run on a repository of
  // format ascii. Metaset never writes it.
  bool empty_feature = false;
};

struct StockCatalog {
  std::string publisher;
  bool exists = false;  // has a catalog.attrs with an identity
  ips::CatalogAttrs attrs;
  std::vector<CatalogPackage> packages;      // in the order of catalog.base.C
  std::vector<CatalogOperation> operations;  // of the update logs, in the order they happened
  std::map<std::string, StockFile> files;    // parts and logs
  std::vector<std::string> warnings;
  TextPool texts;

  // "name@version" -> its place in packages
  std::map<std::string, std::size_t, std::less<>> places;
  const CatalogPackage* find(std::string_view name, std::string_view version) const;
};

// Reads until all files belong together (a depot may be publishing at the same time). Errors:
// kCorrupt for files that do not fit their signatures or each other, kInvalid for names and
// versions that break the rules; the message names the file.
StockCatalog read_stock_catalog(const StockRepository& repository, std::string_view publisher,
                                bool with_history);

}  // namespace metaset::pkg5
