#include "metaset/pkg5/repository.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/percent.h"
#include "metaset/ips/catalog.h"
#include "metaset/ips/fmri.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/layout.h"

#include "pkg5/tree.h"

namespace metaset::pkg5 {

namespace {

constexpr std::string_view kConfig4 = "pkg5.repository";
constexpr std::string_view kConfig3 = "cfg_cache";
constexpr int kNewestFormat = 4;

struct Free {
  void operator()(char* text) const { std::free(text); }
};

int read_version(const Ini& ini) {
  const std::string* text = ini.find("repository", "version");
  int version = 0;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), version);
  return version;
}

}  // namespace

StockRepository::StockRepository(const std::string& root) : root_(root) {
  const auto info = file_info(root);
  if (!info || !info->is_directory) {
    throw Error(Code::kNotFound, root + " is not the directory of a pkg(5) repository");
  }
  tree_ = std::make_unique<Tree>(root);
  read_configuration();
  detect_format();
  find_publishers();
}
StockRepository::~StockRepository() = default;
StockRepository::StockRepository(StockRepository&&) noexcept = default;

std::string StockRepository::config_name() const {
  return config_file_.empty() ? root_ : join_path(root_, config_file_);
}

void StockRepository::read_configuration() {
  for (const std::string_view name : {kConfig4, kConfig3}) {
    const auto text = tree_->read(name, kMaxIniText);
    if (!text) continue;
    config_file_ = name;
    try {
      ini_ = parse_ini(*text);
    } catch (const Error& error) {
      throw Error(error.code(), config_name() + ": " + error.message());
    }
    break;
  }
  const std::string* prefix = ini_.find("publisher", "prefix");
  if (prefix == nullptr || prefix->empty()) return;
  if (!ips::is_publisher_name(*prefix)) {
    throw Error(Code::kInvalid,
                config_name() + ": publisher/prefix '" + *prefix + "' is not a publisher name");
  }
  default_publisher_ = *prefix;
}

// As the stock tools do it: what the configuration says, else what is there.
void StockRepository::detect_format() {
  format_ = read_version(ini_);
  const bool catalog = tree_->is_directory("catalog");
  if (format_ <= 0) {
    if (tree_->is_directory("publisher") || (config_file_ == kConfig4 && !catalog)) {
      format_ = 4;
    } else if (catalog) {
      format_ = file_info(join_path(root_, "catalog/attrs")) ? 2 : 3;
    } else {
      throw Error(Code::kNotFound, root_ + " is not a pkg(5) repository: it has neither " +
                                       std::string(kConfig4) + " nor catalog/ nor publisher/");
    }
  }
  if (format_ > kNewestFormat) {
    throw Error(Code::kInvalid, config_name() + ": repository format " + std::to_string(format_) +
                                    " is not known; 3 and 4 are");
  }
  if (format_ < 3) {
    throw Error(Code::kInvalid,
                root_ + " has the repository format " + std::to_string(format_) +
                    ", which has no history to import; copy it with the stock tools first: "
                    "pkgrepo create NEW; pkgrecv -s " +
                    root_ + " -d NEW '*'");
  }
}

void StockRepository::find_publishers() {
  if (format_ == 4) {
    for (const std::string& name : tree_->list("publisher")) {
      if (ips::is_publisher_name(name) && tree_->is_directory("publisher/" + name)) {
        publishers_.push_back(name);
      } else {
        warnings_.push_back(join_path(root_, "publisher/") + name +
                            " is not the directory of a publisher with a legal name: left out");
      }
    }
  } else if (default_publisher_.empty()) {
    // The one publisher of such a repository need not be named anywhere but in its catalog.
    if (const auto base = catalog_file("", "catalog.base.C")) {
      try {
        ips::read_part(*base, [&](ips::PartEntry&& entry) {
          if (ips::is_publisher_name(entry.publisher)) default_publisher_ = entry.publisher;
        });
      } catch (const Error& error) {
        throw Error(error.code(), join_path(root_, "catalog/catalog.base.C: ") + error.message());
      }
    }
  }
  // The stock tools take the default publisher for existing, whatever directories there are.
  const bool listed =
      std::binary_search(publishers_.begin(), publishers_.end(), default_publisher_);
  if (!default_publisher_.empty() && !listed) {
    publishers_.insert(std::upper_bound(publishers_.begin(), publishers_.end(), default_publisher_),
                       default_publisher_);
  }
}

std::string StockRepository::below(std::string_view publisher, std::string_view what) const {
  if (format_ < 4) return std::string(what);
  if (!ips::is_publisher_name(publisher)) {
    throw Error(Code::kInvalid, "Invalid publisher prefix: " + std::string(publisher));
  }
  return "publisher/" + std::string(publisher) + "/" + std::string(what);
}

std::optional<std::string> StockRepository::catalog_file(std::string_view publisher,
                                                         std::string_view name) const {
  if (!ips::is_catalog_file_name(name)) {
    throw Error(Code::kInvalid, "'" + std::string(name) + "' is not the name of a catalog file");
  }
  return tree_->read(below(publisher, "catalog/" + std::string(name)), ips::kMaxCatalogFile);
}

std::string StockRepository::manifest_path(std::string_view publisher, std::string_view name,
                                           std::string_view version) const {
  return below(publisher, "pkg/" + percent_encode(name) + "/" + percent_encode(version));
}

std::optional<std::string> StockRepository::manifest(std::string_view publisher,
                                                     std::string_view name,
                                                     std::string_view version) const {
  return tree_->read(manifest_path(publisher, name, version), ips::kMaxManifestText);
}

std::vector<StockRepository::ManifestName> StockRepository::list_manifests(
    std::string_view publisher) const {
  std::vector<ManifestName> result;
  const std::string top = below(publisher, "pkg");
  if (!tree_->is_directory(top)) return result;
  for (const std::string& directory : tree_->list(top)) {
    const auto name = percent_decode(directory);
    const std::string path = top + "/" + directory;
    if (!name || !ips::is_package_name(*name) || !tree_->is_directory(path)) continue;
    for (const std::string& file : tree_->list(path)) {
      if (auto version = percent_decode(file)) result.push_back({*name, *std::move(version)});
    }
  }
  return result;
}

bool StockRepository::find_payload(
    std::string_view publisher, std::string_view name,
    const std::function<bool(const std::string& path)>& visit) const {
  if (!store::is_payload_name(name)) return false;
  const std::string hash(name);
  const std::string v1 = "/" + hash.substr(0, 2) + "/" + hash;
  const std::string v0 = "/" + hash.substr(0, 2) + "/" + hash.substr(2, 6) + "/" + hash;
  const auto visit_store = [&](const std::string& directory) {
    for (const std::string& layout : {v1, v0}) {
      const std::unique_ptr<char, Free> path(
          ::realpath((join_path(root_, directory) + layout).c_str(), nullptr));
      if (!path) continue;
      const auto info = file_info(path.get());
      if (info && info->is_regular && visit(path.get())) return true;
    }
    return false;
  };
  if (format_ < 4) return visit_store("file");
  if (!publisher.empty() && visit_store(below(publisher, "file"))) return true;
  if (visit_store("file")) return true;
  return std::any_of(publishers_.begin(), publishers_.end(), [&](const std::string& other) {
    return other != publisher && visit_store(below(other, "file"));
  });
}

}  // namespace metaset::pkg5
