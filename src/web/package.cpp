#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/browse.h"
#include "metaset/depot/dependents.h"
#include "metaset/depot/info.h"
#include "metaset/ips/fmri.h"
#include "metaset/ips/package_details.h"
#include "metaset/web/pages.h"

#include "web/dependency_graph.h"
#include "web/frame.h"
#include "web/package_files.h"
#include "web/package_payloads.h"
#include "web/shown_package.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMostDependents = 100;
constexpr std::size_t kMostDependencies = 500;
constexpr std::size_t kMostVersions = 50;
constexpr std::size_t kMostAttributes = 200;
constexpr std::size_t kMostManifest = 128 << 10;  // bytes

std::string part_link(const Site& site, const ShownPackage& package, std::string_view part) {
  return site.links.package(package.publisher.prefix, package.name, package.entry.version) +
         Query().add("show", part).text();
}

// Addresses are untrusted too: nothing but the web is linked.
bool is_web_address(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

void add_facts(const Site& site, const ShownPackage& package, const ips::PackageDetails& details,
               Data& data) {
  const ips::Version& version = package.version;
  put(data, "name", package.name);
  put(data, "publisher", package.publisher.prefix);
  put(data, "publisher_link", site.links.page(package.publisher.prefix, ""));
  put(data, "fmri", fmt::format("pkg://{}/{}", package.publisher.prefix, package.stem()));
  put(data, "short_version", version.short_text());
  put(data, "release", version.release());
  put(data, "build", version.build());
  put_text(data, "branch", version.branch());
  put_text(data, "human_version",
           details.human_version == version.release() ? "" : details.human_version);
  const auto packaged = parse_basic_timestamp(version.timestamp());
  put_flag(data, "has_packaged", packaged.has_value());
  if (packaged) put_time(data, "packaged", *packaged);
  put_text(data, "summary", details.summary);
  put_text(data, "description", details.description == details.summary ? "" : details.description);
  put_text(data, "size", details.size > 0 ? depot::size_text(details.size) : "");
  put(data, "compressed", depot::size_text(details.compressed_size));
  put_text(data, "homepage", details.homepage);
  put_text(data, "homepage_link", is_web_address(details.homepage) ? details.homepage : "");
  put_flag(data, "obsolete", package.entry.obsolete);
  put_flag(data, "renamed", package.entry.renamed);
  put_flag(data, "older", !package.newest);
  put(data, "newest_link", site.links.package(package.publisher.prefix, package.name, ""));
  put_text(data, "install_link",
           site.has_p5i && !package.entry.obsolete
               ? site.links.operation(package.publisher.prefix, "p5i/0", package.stem())
               : "");
  put(data, "install", fmt::format("pkg install {}@{}", package.name, version.text()));
  put(data, "file_count", count_text(details.files + details.directories + details.links));
  put(data, "licence_count", count_text(details.licences.size()));
}

void add_classes(const Site& site, const ips::PackageDetails& details, Data& data) {
  DataList rows;
  for (const std::string& one : details.classifications) {
    Data row;
    const std::string_view name = depot::class_name(one);
    put(row, "text", name);
    put(row, "link",
        site.links.page(site.publisher, "packages") + Query().add("class", name).text());
    rows.push_back(std::move(row));
  }
  put_list(data, "classes", std::move(rows));
}

void add_parts(const Site& site, const ShownPackage& package, PackagePart here, Data& data) {
  const auto part = [&](PackagePart which, const char* word) {
    put(data, fmt::format("{}_link", word).c_str(),
        part_link(site, package, which == PackagePart::kOverview ? "" : word));
    put_flag(data, fmt::format("in_{}", word).c_str(), which == here);
  };
  part(PackagePart::kOverview, "overview");
  part(PackagePart::kFiles, "files");
  part(PackagePart::kLicences, "licences");
  part(PackagePart::kManifest, "manifest");
}

// The page of a package in the view; empty if there is none.
std::string link_of(const Site& site, const std::string& publisher, const ips::Fmri& fmri) {
  for (const depot::PublisherFacts& facts : site.publishers.all()) {
    const std::string& wanted = fmri.publisher.empty() ? publisher : fmri.publisher;
    if (facts.publisher.prefix != wanted) continue;
    if (!site.view.newest(facts.publisher.id, fmri.name)) return {};
    return site.links.package(facts.publisher.prefix, fmri.name, "");
  }
  return {};
}

// Adds rows and, for what must be there, nodes.
void add_dependency(const Site& site, const ShownPackage& package,
                    const ips::PackageDetails::Dependency& dependency, DataList& rows,
                    std::vector<GraphNode>& nodes) {
  for (const std::string& text : dependency.fmris) {
    Data row;
    put(row, "type", dependency.type);
    put_text(row, "predicate", dependency.predicate);
    put_text(row, "dependency_link", "");
    put_text(row, "dependency_version", "");
    try {
      const ips::Fmri fmri = ips::Fmri::parse(text);
      const std::string link = link_of(site, package.publisher.prefix, fmri);
      put(row, "dependency", fmri.name);
      put_text(row, "dependency_link", link);
      put_text(row, "dependency_version", fmri.version ? fmri.version->short_text() : "");
      if (dependency.type == "require") nodes.push_back({fmri.name, link});
    } catch (const Error& error) {
      if (error.code() != Code::kInvalid) throw;
      put(row, "dependency", text);
    }
    rows.push_back(std::move(row));
  }
}

void add_dependencies(const Site& site, const ShownPackage& package,
                      const ips::PackageDetails& details, Data& data) {
  DataList rows, dependent_rows;
  std::vector<GraphNode> nodes, dependent_nodes;
  std::size_t all = 0;
  for (const auto& dependency : details.dependencies) {
    all += dependency.fmris.size();
    if (rows.size() >= kMostDependencies) continue;
    add_dependency(site, package, dependency, rows, nodes);
  }
  put_text(data, "dependencies_left", all > rows.size() ? count_text(all - rows.size()) : "");
  const depot::Dependents dependents = depot::find_dependents(
      site.view, site.publishers, package.publisher.prefix, package.name, kMostDependents);
  for (const depot::Dependent& one : dependents.packages) {
    Data row;
    const std::string link = site.links.package(one.publisher, one.name, "");
    put(row, "type", one.type);
    put(row, "dependent", one.name);
    put(row, "dependent_link", link);
    put(row, "dependent_version", ips::Version::parse(one.version).short_text());
    dependent_rows.push_back(std::move(row));
    dependent_nodes.push_back({one.name, link});
  }
  put(data, "dependents_total", count_text(dependents.total));
  put_text(data, "dependents_left",
           dependents.total > dependent_rows.size()
               ? count_text(dependents.total - dependent_rows.size())
               : "");
  add_dependency_graph(package.name, dependent_nodes, dependents.total, nodes, nodes.size(), data);
  put_list(data, "dependencies", std::move(rows));
  put_list(data, "dependents", std::move(dependent_rows));
}

void add_versions(const Site& site, const ShownPackage& package, Data& data) {
  std::vector<store::PackageEntry> entries;
  site.view.for_each_of(package.publisher.id, package.name,
                        [&](std::string_view, const store::PackageEntry& entry) {
                          entries.push_back(entry);
                          return true;
                        });
  DataList rows;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (rows.size() == kMostVersions) break;
    Data row;
    put(row, "text", entry->version);
    put(row, "link", site.links.package(package.publisher.prefix, package.name, entry->version));
    put_flag(row, "current", entry->version == package.entry.version);
    put_flag(row, "version_obsolete", entry->obsolete);
    put_flag(row, "version_renamed", entry->renamed);
    rows.push_back(std::move(row));
  }
  put_text(data, "versions_left",
           entries.size() > rows.size() ? count_text(entries.size() - rows.size()) : "");
  put_list(data, "versions", std::move(rows));
}

void add_attributes(const ips::PackageDetails& details, Data& data) {
  DataList rows;
  for (const auto& [name, value] : details.attributes) {
    if (rows.size() == kMostAttributes) break;
    Data row;
    put(row, "attribute", name);
    put(row, "value", value);
    rows.push_back(std::move(row));
  }
  put_list(data, "attributes", std::move(rows));
}

void add_manifest(const Site& site, const ShownPackage& package, Data& data) {
  const std::string manifest = package.manifest(site.view, kMostManifest + 1);
  std::string_view text = manifest;
  put_flag(data, "is_cut", text.size() > kMostManifest);
  if (text.size() > kMostManifest) text = text.substr(0, text.rfind('\n', kMostManifest) + 1);
  put(data, "manifest", text);
  put(data, "raw_link",
      site.links.operation(package.publisher.prefix, "manifest/0", package.stem()));
}

}  // namespace

std::string package_payloads(const Site& site, const PackageArguments& arguments) {
  if (arguments.part != PackagePart::kOverview && arguments.part != PackagePart::kLicences) {
    return {};
  }
  const ShownPackage package = find_shown_package(site, arguments.fmri);
  const auto details = site.cache.details(site.view, site.outlines, package.entry);
  return arguments.part == PackagePart::kOverview ? state_of_signatures(site.texts, *details)
                                                  : state_of_licences(site.texts, *details);
}

std::string package_page(const Site& site, const PackageArguments& arguments) {
  const ShownPackage package = find_shown_package(site, arguments.fmri);
  const auto kept = site.cache.details(site.view, site.outlines, package.entry);
  const ips::PackageDetails& details = *kept;
  Data data;
  add_facts(site, package, details, data);
  add_parts(site, package, arguments.part, data);
  std::string_view page;
  switch (arguments.part) {
    case PackagePart::kOverview:
      page = "package";
      add_classes(site, details, data);
      add_dependencies(site, package, details, data);
      add_versions(site, package, data);
      add_signatures(site.texts, details, data);
      add_attributes(details, data);
      break;
    case PackagePart::kFiles:
      page = "files";
      add_files(site, package, arguments.under, data);
      break;
    case PackagePart::kLicences:
      page = "licences";
      add_licences(site.texts, details, data);
      break;
    case PackagePart::kManifest:
      page = "manifest";
      add_manifest(site, package, data);
      break;
  }
  return framed(site, page, "packages",
                fmt::format("{} {}", package.name, package.version.short_text()), std::move(data));
}

}  // namespace metaset::web
