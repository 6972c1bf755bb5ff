#include "metaset/pkg5/import.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/commit.h"
#include "metaset/store/payload_lock.h"

#include "pkg5/history.h"
#include "pkg5/importer.h"

namespace metaset::pkg5 {

void Importer::read_catalogs() {
  ProgressPhase progress(callback_, "catalogs", source_.publishers().size());
  catalogs_.reserve(source_.publishers().size());  // jobs point into it
  for (const std::string& publisher : source_.publishers()) {
    StockCatalog& catalog =
        catalogs_.emplace_back(read_stock_catalog(source_, publisher, !options_.without_history));
    report_unlisted(catalog);
    for (std::string& warning : catalog.warnings) result_.warnings.push_back(std::move(warning));
    result_.publishers.push_back(
        {publisher, catalog.attrs.package_count, catalog.packages.size(), 0, 0, false});
    progress.step();
  }
  // Conflicts are better told now than after hours of copying. They are looked for again later.
  const lmdb::Env& env = destination_.committed();
  const lmdb::ReadTxn txn(env);
  const store::View latest(env, txn, store::View::latest_number(env, txn));
  for (const StockCatalog& catalog : catalogs_) plan(latest, catalog);
}

HistoryPlan Importer::plan(const store::View& latest, const StockCatalog& catalog) const {
  const HistoryPlan plan = plan_history(latest, catalog);
  if (!plan.fresh && options_.without_history) {
    throw Error(Code::kConflict, "publisher " + catalog.publisher +
                                     " has packages here already, so it cannot be imported without "
                                     "history; import into a new repository");
  }
  packages_before_logs(catalog);
  return plan;
}

void Importer::report_unlisted(const StockCatalog& catalog) {
  std::size_t count = 0;
  std::string example;
  for (const auto& [name, version] : source_.list_manifests(catalog.publisher)) {
    const std::string stem = name + "@" + version;
    if (catalog.places.contains(stem)) continue;
    if (count++ == 0) example = stem;
    result_.unlisted_manifests.push_back("pkg://" + catalog.publisher + "/" + stem);
  }
  if (count == 0) return;
  const std::string advice = "pkgrepo refresh -s " + source_.root() + " -p " + catalog.publisher;
  if (!catalog.exists) {
    throw Error(Code::kNotFound, "publisher " + catalog.publisher + " in " + source_.root() +
                                     " has " + std::to_string(count) +
                                     " manifests but no catalog; make one with: " + advice);
  }
  result_.warnings.push_back(std::to_string(count) + " manifests of " + catalog.publisher +
                             " are not in its catalog and are left out, such as " + example +
                             "; this would add them: " + advice);
}

void Importer::write_publisher(store::MetasetWriter& writer, const lmdb::Txn& txn,
                               std::size_t which) {
  const lmdb::Env& env = destination_.committed();
  const store::View latest(env, txn, writer.number() - 1);
  const StockCatalog& catalog = catalogs_[which];
  ImportedPublisher& report = result_.publishers[which];
  const HistoryPlan history = plan(latest, catalog);
  const auto known = latest.publisher(catalog.publisher);
  report.is_new = !known;
  const store::PublisherId id = writer.publisher(catalog.publisher);

  if (history.fresh || options_.replace_configuration) {
    if (const auto info = source_.publisher_info(catalog.publisher)) {
      ips::P5i document;
      document.publishers.push_back(*info);
      writer.set_config(id, ips::write_p5i(document));
    }
  }
  if (!catalog.exists) return;
  if (history.fresh && known) {
    // An empty catalog that was taken over before.
    const store::PublisherState state = latest.state(id);
    if (catalog.packages.empty() && catalog.operations.empty() &&
        state.created == catalog.attrs.created && state.parts.empty()) {
      return;
    }
  }
  if (!history.fresh && history.first_operation == catalog.operations.size()) return;
  for (std::size_t i = history.first_operation; i < catalog.operations.size(); ++i) {
    ++(catalog.operations[i].add ? report.added : report.removed);
  }
  if (history.fresh) report.added += packages_before_logs(catalog).size();
  writer.set_utf8_feature(id, catalog.attrs.utf8_feature);  // it follows the source, also later
  replay(writer, id, catalog, history);
  if (!options_.without_history) writer.set_catalog_times(id, catalog.attrs);
}

void Importer::write_metaset() {
  lmdb::Env& env = destination_.committed();
  lmdb::WriteTxn txn(env);
  const std::string message =
      options_.message.empty() ? "import " + source_.root() : options_.message;
  store::MetasetWriter writer(env, txn, {options_.who, message, std::nullopt, options_.activate});
  const store::View latest(env, txn, writer.number() - 1);
  bool has_packages = false;
  for (const store::Publisher& publisher : latest.publishers()) {
    has_packages = has_packages || latest.ever_had_packages(publisher.id);
  }
  ProgressPhase progress(callback_, "metaset", catalogs_.size());
  for (std::size_t i = 0; i < catalogs_.size(); ++i) {
    write_publisher(writer, txn, i);
    progress.step();
  }
  if (!has_packages || options_.replace_configuration) {
    writer.set_config(0, source_.configuration_json());
  }
  // What nothing refers to yet is kept by the lock of this import, unless somebody else deletes it.
  for (const Job& job : jobs_) {
    if (!txn.get(env.table(store::kManifests), bytes_of(job.package->manifest))) {
      throw Error(Code::kUnavailable,
                  "the manifest of " + job.fmri() + " was removed during the import; run it again");
    }
  }
  if (!writer.finish()) return;
  ProgressPhase verification(callback_, "verification", catalogs_.size());
  const store::View view(env, txn, writer.number());
  for (const StockCatalog& catalog : catalogs_) {
    verify_history(view, catalog, !options_.without_history, result_.warnings);
    verification.step();
  }
  txn.commit();
  result_.metaset = writer.number();
}

void Importer::finish() {
  ProgressPhase progress(callback_, "files", 1);
  store::finish_commit(destination_);
  progress.step();
}

void Importer::run() {
  result_.warnings.insert(result_.warnings.end(), source_.warnings().begin(),
                          source_.warnings().end());
  // Nobody else refers to manifests and payloads before the metaset is written.
  const store::CollectionLock lock(destination_.root());
  const store::PayloadUse use(destination_.root());
  read_catalogs();
  take_manifests();
  take_payloads();
  write_metaset();
  finish();
}

void import_repository(const std::string& source, const std::string& destination,
                       const ImportOptions& options, const ProgressCallback& callback,
                       ImportResult& result) {
  result = {};
  if (store::Repository::is_repository(source)) {
    throw Error(Code::kInvalid, source + " is a metaset repository, not a stock one");
  }
  const StockRepository stock(source);
  if (!store::Repository::is_repository(destination)) {
    for (const char* name : {"pkg5.repository", "cfg_cache"}) {
      if (file_info(join_path(destination, name))) {
        throw Error(Code::kInvalid, destination +
                                        " is a stock repository; import into a directory "
                                        "of its own");
      }
    }
    store::Repository::create(
        destination, {}, stock.configuration_json(),
        {options.who, "create for the import of " + source, std::nullopt, true});
    result.created_repository = true;
  }
  store::Repository repository(destination, store::Access::kWrite);
  import_repository(stock, repository, options, callback, result);
}

void import_repository(const StockRepository& source, store::Repository& destination,
                       const ImportOptions& options, const ProgressCallback& callback,
                       ImportResult& result) {
  Importer(source, destination, options, callback, result).run();
}

}  // namespace metaset::pkg5
