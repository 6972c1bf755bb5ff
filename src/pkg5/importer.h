// One import under way: state that its steps share. Each step is in a file of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/pkg5/import.h"
#include "metaset/pkg5/repository.h"
#include "metaset/store/payload_claims.h"
#include "metaset/store/repository.h"

#include "pkg5/copying.h"
#include "pkg5/history.h"
#include "pkg5/stock_catalog.h"

namespace metaset::pkg5 {

class Importer {
 public:
  Importer(const StockRepository& source, store::Repository& destination,
           const ImportOptions& options, const ProgressCallback& callback, ImportResult& result)
      : source_(source),
        destination_(destination),
        options_(options),
        callback_(callback),
        result_(result) {}

  void run();

 private:
  // A manifest that has to be read.
  struct Job {
    StockCatalog* catalog = nullptr;
    CatalogPackage* package = nullptr;
    std::string fmri() const;
  };
  struct CheckedManifest;
  struct CheckedPayload;
  struct PayloadJob {
    std::size_t first = 0, end = 0;  // claims_ of one payload
  };

  void read_catalogs();
  HistoryPlan plan(const store::View& latest, const StockCatalog& catalog) const;
  void report_unlisted(const StockCatalog& catalog);
  void choose_manifests();
  void take_manifests();
  CheckedManifest check_manifest(const Job& job) const;
  void store_manifests(std::vector<CheckedManifest>& batch);
  void take_payloads();
  CheckedPayload take_payload(const PayloadJob& job) const;
  void assign_payload(const PayloadJob& job) const;
  bool keep_present(const std::string& name, CheckedPayload& payload) const;
  void require_payloads() const;
  void write_metaset();
  void write_publisher(store::MetasetWriter& writer, const lmdb::Txn& txn, std::size_t which);
  void finish();

  const StockRepository& source_;
  store::Repository& destination_;
  const ImportOptions& options_;
  const ProgressCallback& callback_;
  ImportResult& result_;
  std::vector<StockCatalog> catalogs_;  // as source_.publishers()
  std::vector<Job> jobs_;
  // Package: number of the job; publisher: of the catalog.
  std::vector<store::ClaimSet::Entry> claims_;
};

}  // namespace metaset::pkg5
