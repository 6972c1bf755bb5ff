#include "pkg5/stock_catalog.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/ips/fmri.h"

#include "pkg5/catalog_flags.h"
#include "pkg5/log_reader.h"

namespace metaset::pkg5 {

namespace {

constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kPause(200);
constexpr std::string_view kBase = "catalog.base.C";
constexpr std::string_view kDependency = "catalog.dependency.C";
constexpr std::string_view kSummary = "catalog.summary.";

constexpr std::string_view kEmptyFeature = "{\"_FEATURE\":[]";

// A file that catalog.attrs lists is not there or has another signature.
struct Mixture {
  std::string reason;
};

class CatalogReader {
 public:
  CatalogReader(const StockRepository& repository, StockCatalog& catalog)
      : repository_(repository), catalog_(catalog) {}

  void read(bool with_history) {
    for (const ips::FileAttrs& part : catalog_.attrs.parts) {
      if (part.name == kBase) read_part(part);
    }
    for (const ips::FileAttrs& part : catalog_.attrs.parts) {
      if (part.name != kBase) read_part(part);
    }
    if (!with_history) {
      catalog_.attrs.updates.clear();
      return;
    }
    LogReader logs(catalog_);
    for (const ips::FileAttrs& log : catalog_.attrs.updates) {
      with_file(log, [&](std::string_view text) { return logs.read(log.name, text); });
    }
    logs.finish();
  }

 private:
  template <typename Read>
  void with_file(const ips::FileAttrs& file, const Read& read) {
    const auto text = repository_.catalog_file(catalog_.publisher, file.name);
    if (!text) throw Mixture{file.name + " is missing"};
    ips::ReadResult result;
    try {
      result = read(*text);
    } catch (const Error& error) {
      throw Error(error.code(), file.name + ": " + error.message());
    }
    if (result.upper_case_escapes) {
      catalog_.warnings.push_back(
          "catalog of " + catalog_.publisher + ": " + file.name +
          " was written with upper-case \\u escapes; it is rendered with lower-case ones, so its "
          "signature differs from the stock repository's");
    } else if (result.sha1 != file.sha1) {
      throw Mixture{file.name + " has the signature " + to_hex(result.sha1) +
                    ", catalog.attrs says " + to_hex(file.sha1)};
    }
    catalog_.files[file.name] = {result, text->starts_with(kEmptyFeature)};
  }

  void read_part(const ips::FileAttrs& part) {
    const bool summary = part.name.starts_with(kSummary);
    if (part.name != kBase && part.name != kDependency && !summary) {
      throw Error(Code::kInvalid, "unknown catalog part " + part.name);
    }
    const std::string_view locale =
        catalog_.texts.keep(summary ? part.name.substr(kSummary.size()) : std::string());
    with_file(part, [&](std::string_view text) {
      return ips::read_part(text, [&](ips::PartEntry&& entry) {
        check_entry_names(catalog_.publisher, entry.publisher, entry.name, entry.version);
        if (part.name == kBase) {
          add_package(std::move(entry));
        } else {
          add_text(part.name, locale, std::move(entry));
        }
      });
    });
  }

  void add_package(ips::PartEntry&& entry) {
    const std::string stem = entry.name + "@" + entry.version;
    if (!entry.manifest) throw Error(Code::kCorrupt, "no signature-sha-1 for " + stem);
    if (!catalog_.places.emplace(stem, catalog_.packages.size()).second) {
      throw Error(Code::kCorrupt, stem + " is listed twice");
    }
    CatalogPackage package;
    package.name = catalog_.texts.keep(std::move(entry.name));
    package.version = catalog_.texts.keep(std::move(entry.version));
    package.manifest_sha1 = *entry.manifest;
    catalog_.packages.push_back(std::move(package));
  }

  void add_text(std::string_view part, std::string_view locale, ips::PartEntry&& entry) {
    const auto place = catalog_.places.find(entry.name + "@" + entry.version);
    if (place == catalog_.places.end()) {
      throw Error(Code::kCorrupt,
                  entry.name + "@" + entry.version + " is not in " + std::string(kBase));
    }
    CatalogPackage& package = catalog_.packages[place->second];
    const std::string_view text = catalog_.texts.keep(std::move(entry.actions));
    if (part == kDependency) {
      package.dependency = text;
    } else {
      package.summary.emplace_back(locale, text);  // parts are visited in the order of locales
    }
  }

  const StockRepository& repository_;
  StockCatalog& catalog_;
};

}  // namespace

void check_entry_names(std::string_view expected_publisher, std::string_view publisher,
                       std::string_view name, std::string_view version) {
  const std::string stem = std::string(name) + "@" + std::string(version);
  if (publisher != expected_publisher) {
    throw Error(Code::kInvalid, "lists pkg://" + std::string(publisher) + "/" + stem +
                                    ", a package of another publisher");
  }
  if (!ips::is_package_name(name)) {
    throw Error(Code::kInvalid, "'" + std::string(name) + "' is not a package name");
  }
  if (ips::Version::parse(version).text() != version) {
    throw Error(Code::kInvalid, "the version of " + stem + " is not in canonical form");
  }
}

store::PackageFacts CatalogPackage::facts() const {
  store::PackageFacts facts;
  facts.name = name;
  facts.version = ips::Version::parse(version);
  facts.manifest_sha1 = manifest_sha1;
  facts.manifest = manifest;
  facts.dependency = dependency;
  for (const auto& [locale, text] : summary) facts.summary.emplace_back(locale, text);
  const CatalogFlags flags = catalog_flags(dependency);
  facts.obsolete = flags.obsolete;
  facts.renamed = flags.renamed;
  return facts;
}

const CatalogPackage* StockCatalog::find(std::string_view name, std::string_view version) const {
  const auto place = places.find(std::string(name) + "@" + std::string(version));
  return place == places.end() ? nullptr : &packages[place->second];
}

StockCatalog read_stock_catalog(const StockRepository& repository, std::string_view publisher,
                                bool with_history) {
  std::optional<std::string> last_attrs;
  std::string reason;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kPause);
    StockCatalog catalog;
    catalog.publisher = publisher;
    const auto attrs = repository.catalog_file(publisher, "catalog.attrs");
    try {
      if (!attrs) {
        // A depot that writes its catalog has none for a moment.
        if (attempt < 2 && !repository.list_manifests(publisher).empty()) continue;
        return catalog;
      }
      // The same mixture twice is no accident of timing.
      if (attempt > 0 && attrs == last_attrs) break;
      last_attrs = attrs;
      catalog.attrs = ips::read_attrs(*attrs);
      CatalogReader(repository, catalog).read(with_history);
      catalog.exists = catalog.attrs.created != Time{};
      if (!catalog.exists && !catalog.packages.empty()) {
        throw Error(Code::kCorrupt,
                    "catalog.attrs says \"created\":null although there are packages");
      }
      return catalog;
    } catch (const Mixture& mixture) {
      reason = mixture.reason;
    } catch (const Error& error) {
      throw Error(error.code(), "catalog of " + std::string(publisher) + " in " +
                                    repository.root() + ": " + error.message());
    }
  }
  throw Error(Code::kCorrupt, "catalog of " + std::string(publisher) + " in " + repository.root() +
                                  ": " + reason + "; mend it with: pkgrepo rebuild -s " +
                                  repository.root() + " -p " + std::string(publisher));
}

}  // namespace metaset::pkg5
