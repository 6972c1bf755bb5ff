#include "metaset/web/documents.h"

#include <algorithm>

#include "metaset/depot/dependents.h"
#include "metaset/depot/recent_changes.h"
#include "metaset/ips/package_details.h"

#include "web/certificates.h"
#include "web/frame.h"
#include "web/json_members.h"
#include "web/shown_package.h"

namespace metaset::web {
namespace {

using rapidjson::Value;

constexpr std::size_t kMostListedDependents = 10'000;

void add_signatures(const ips::PackageDetails& details, const store::PayloadStore& payloads,
                    Members& members, rapidjson::Document& document) {
  std::size_t count = 0;
  members.add("signatures", list_of(details.signatures, document, [&](Members& m, const auto& one) {
                const auto names = count++ < kMostCertificates
                                       ? certificate_names(payloads, one.certificate)
                                       : std::nullopt;
                m.text("algorithm", one.algorithm)
                    .text("certificate", one.certificate)
                    .text("subject", names ? names->subject : "")
                    .text("issuer", names ? names->issuer : "")
                    .texts("chain", one.chain)
                    .text("value", one.value);
              }));
}

void add_details(const ips::PackageDetails& details, Members& members,
                 rapidjson::Document& document) {
  members.text("summary", details.summary)
      .text("description", details.description)
      .text("human-version", details.human_version)
      .text("homepage", details.homepage)
      .texts("classifications", details.classifications)
      .number("size", details.size)
      .number("compressed-size", details.compressed_size)
      .number("files", details.files)
      .number("directories", details.directories)
      .number("links", details.links);
  members.add("attributes", list_of(details.attributes, document, [](Members& m, const auto& one) {
                m.text("name", one.first).text("value", one.second);
              }));
  members.add("dependencies",
              list_of(details.dependencies, document, [](Members& m, const auto& one) {
                m.text("type", one.type).texts("fmris", one.fmris).text("predicate", one.predicate);
              }));
  members.add("licences", list_of(details.licences, document, [](Members& m, const auto& one) {
                m.text("name", one.name).text("payload", one.payload);
              }));
}

Value paths_json(const std::string& manifest, rapidjson::Document& document) {
  Value list(rapidjson::kArrayType);
  ips::for_each_path(manifest, [&](const ips::DeliveredPath& one) {
    Value object(rapidjson::kObjectType);
    Members m(object, document);
    m.text("type", one.type).text("path", one.path).number("size", one.size);
    m.text("mode", one.mode).text("owner", one.owner).text("group", one.group);
    m.text("target", one.target);
    list.PushBack(object, document.GetAllocator());
  });
  return list;
}

}  // namespace

Value publishers_json(const Site& site, rapidjson::Document& document) {
  return list_of(publishers_of(site), document, [](Members& m, const depot::PublisherFacts* facts) {
    m.text("name", facts->publisher.prefix)
        .text("alias", facts->p5i.alias.value_or(""))
        .number("packages", facts->state.packages)
        .number("package-versions", facts->state.package_versions)
        .text("created", iso_time(facts->state.created))
        .text("last-modified", iso_time(facts->state.last_modified));
  });
}

Value packages_json(const Site& site, depot::BrowseQuery query, rapidjson::Document& document) {
  query.publishers = shown_publishers(site);
  const depot::BrowseResult result = depot::browse(site.view, query);
  Value object(rapidjson::kObjectType), folders(rapidjson::kObjectType);
  Members counts(folders, document);
  for (const auto& [name, count] : result.folders) counts.number(name.c_str(), count);
  Members members(object, document);
  members.number("metaset", site.view.number())
      .number("total", result.total)
      .number("first", query.first)
      .add("folders", std::move(folders));
  members.add("packages",
              list_of(result.packages, document, [&](Members& m, const depot::BrowsedPackage& one) {
                const depot::CatalogText text = depot::catalog_text(site.view, one.entry);
                m.text("publisher", one.publisher)
                    .text("name", one.name)
                    .text("version", one.entry.version)
                    .text("fmri", full_fmri(one.publisher, one.name, one.entry.version))
                    .text("summary", text.summary)
                    .texts("classifications", text.classifications)
                    .flag("obsolete", one.entry.obsolete)
                    .flag("renamed", one.entry.renamed)
                    .flag("newest", one.newest)
                    .number("versions", one.versions);
              }));
  return object;
}

Value package_json(const Site& site, const std::string& fmri, bool paths,
                   rapidjson::Document& document) {
  const ShownPackage package = find_shown_package(site, fmri);
  const std::string& publisher = package.publisher.prefix;
  std::vector<std::string> versions;
  site.view.for_each_of(package.publisher.id, package.name,
                        [&](std::string_view, const store::PackageEntry& entry) {
                          versions.push_back(entry.version);
                          return true;
                        });
  std::ranges::reverse(versions);
  const auto dependents = depot::find_dependents(site.view, site.publishers, publisher,
                                                 package.name, kMostListedDependents);
  Value object(rapidjson::kObjectType);
  Members members(object, document);
  members.number("metaset", site.view.number())
      .text("publisher", publisher)
      .text("name", package.name)
      .text("version", package.entry.version)
      .text("fmri", full_fmri(publisher, package.name, package.entry.version))
      .flag("obsolete", package.entry.obsolete)
      .flag("renamed", package.entry.renamed)
      .flag("newest", package.newest)
      .texts("versions", versions);
  const auto details = site.cache.details(site.view, site.outlines, package.entry);
  add_details(*details, members, document);
  add_signatures(*details, site.texts.payloads(), members, document);
  members.add("dependents",
              list_of(dependents.packages, document, [](Members& m, const depot::Dependent& one) {
                m.text("publisher", one.publisher)
                    .text("name", one.name)
                    .text("version", one.version)
                    .text("type", one.type);
              }));
  if (paths) members.add("paths", paths_json(package.manifest(site.view), document));
  return object;
}

Value classes_json(const Site& site, rapidjson::Document& document) {
  Value object(rapidjson::kObjectType);
  Members members(object, document);
  const auto classes = site.cache.classes(site.view, shown_publishers(site));
  for (const auto& [name, count] : *classes) {
    members.number(name.c_str(), count);
  }
  return object;
}

Value changes_json(const Site& site, std::size_t limit, rapidjson::Document& document) {
  std::vector<depot::RecentChange> changes;
  for (const store::Publisher& publisher : shown_publishers(site)) {
    for (auto& one : depot::recent_changes(site.view, publisher, limit)) {
      changes.push_back(std::move(one));
    }
  }
  std::ranges::stable_sort(changes, std::ranges::greater{}, &depot::RecentChange::metaset);
  if (changes.size() > limit) changes.resize(limit);
  return list_of(changes, document, [](Members& m, const depot::RecentChange& one) {
    m.text("publisher", one.publisher).text("name", one.name).text("version", one.version);
    m.text("change", one.added ? "added" : "removed").number("metaset", one.metaset);
    m.text("time", iso_time(one.time));
  });
}

}  // namespace metaset::web
