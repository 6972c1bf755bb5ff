#include <algorithm>

#include <fmt/format.h>

#include "metaset/depot/browse.h"
#include "metaset/ips/version.h"
#include "metaset/web/pages.h"

#include "web/frame.h"

namespace metaset::web {
namespace {

constexpr std::size_t kOnPage = 100;
constexpr std::size_t kMostFolders = 300;
constexpr std::string_view kPage = "packages";

// The address of the list with one thing changed.
std::string list_link(const Site& site, const depot::BrowseQuery& query, std::size_t page = 1) {
  return site.links.page(site.publisher, kPage) +
         Query()
             .add("under", query.under)
             .add("class", query.classification)
             .add("q", query.name)
             .add("versions", query.all_versions ? "all" : "")
             .add("page", page > 1 ? std::to_string(page) : "")
             .text();
}

// "a/b/" -> all, a, b: each a link to what is above.
DataList trail(const Site& site, depot::BrowseQuery query) {
  DataList steps;
  const std::string under = query.under;
  for (std::size_t end = 0;;) {
    Data step;
    query.under = under.substr(0, end);
    const std::size_t begin = end == 0 ? 0 : under.rfind('/', end - 2) + 1;
    put(step, "text", end == 0 ? "All names" : under.substr(begin, end - 1 - begin));
    put(step, "link", list_link(site, query));
    put_flag(step, "current", end == under.size());
    steps.push_back(std::move(step));
    if (end == under.size()) return steps;
    end = std::min(under.find('/', end) + 1, under.size());
    if (end == 0) end = under.size();
  }
}

DataList folder_rows(const Site& site, depot::BrowseQuery query,
                     const depot::BrowseResult& result) {
  DataList rows;
  const std::string under = query.under;
  for (const auto& [name, count] : result.folders) {
    if (rows.size() == kMostFolders) break;
    Data row;
    query.under = under + name + "/";
    put(row, "name", name);
    put(row, "count", count_text(count));
    put(row, "link", list_link(site, query));
    rows.push_back(std::move(row));
  }
  return rows;
}

DataList package_rows(const Site& site, const depot::BrowseResult& result) {
  const bool several = site.publisher.empty() && site.publishers.all().size() > 1;
  DataList rows;
  for (const depot::BrowsedPackage& package : result.packages) {
    Data row;
    const auto version = ips::Version::parse(package.entry.version);
    put(row, "name", package.name);
    put(row, "link",
        site.links.package(package.publisher, package.name,
                           package.newest ? std::string() : package.entry.version));
    put_text(row, "publisher", several ? package.publisher : "");
    put(row, "version", version.short_text());
    put(row, "fmri_version", package.entry.version);
    put_text(row, "summary", depot::catalog_text(site.view, package.entry).summary);
    put_flag(row, "obsolete", package.entry.obsolete);
    put_flag(row, "renamed", package.entry.renamed);
    put_flag(row, "older", !package.newest);
    put_text(row, "more_versions",
             package.newest && package.versions > 1 ? count_text(package.versions - 1) : "");
    rows.push_back(std::move(row));
  }
  return rows;
}

void add_pager(const Site& site, const depot::BrowseQuery& query, std::size_t page,
               std::size_t total, Data& data) {
  const std::size_t pages = std::max<std::size_t>(1, (total + kOnPage - 1) / kOnPage);
  put_flag(data, "has_pages", pages > 1);
  put(data, "page", count_text(page));
  put(data, "pages", count_text(pages));
  put_text(data, "previous", page > 1 ? list_link(site, query, std::min(page - 1, pages)) : "");
  put_text(data, "next", page < pages ? list_link(site, query, page + 1) : "");
}

}  // namespace

std::string packages_page(const Site& site, depot::BrowseQuery query, std::size_t page) {
  query.publishers = shown_publishers(site);
  query.first = (page - 1) * kOnPage;
  query.limit = kOnPage;
  const depot::BrowseResult result = depot::browse(site.view, query);
  Data data;
  put_list(data, "trail", trail(site, query));
  put_list(data, "folders", folder_rows(site, query, result));
  put_list(data, "packages", package_rows(site, result));
  put(data, "total", count_text(result.total));
  put_flag(data, "one", result.total == 1);
  put_flag(data, "all_versions", query.all_versions);
  put_text(data, "filter", query.name);
  put_text(data, "under", query.under);
  put_text(data, "class", query.classification);
  put(data, "action", site.links.page(site.publisher, kPage));
  put(data, "classes_link", site.links.page(site.publisher, "classes"));
  add_pager(site, query, page, result.total, data);
  query.classification.clear();
  put(data, "any_class_link", list_link(site, query));
  return framed(site, "packages", kPage, "Packages", std::move(data));
}

std::string classes_page(const Site& site) {
  DataList rows;
  const auto classes = site.cache.classes(site.view, shown_publishers(site));
  for (const auto& [name, count] : *classes) {
    Data row;
    put(row, "name", name);
    put(row, "count", count_text(count));
    put(row, "link", site.links.page(site.publisher, kPage) + Query().add("class", name).text());
    rows.push_back(std::move(row));
  }
  Data data;
  put_list(data, "classes", std::move(rows));
  put(data, "packages_link", site.links.page(site.publisher, kPage));
  return framed(site, "classes", kPage, "Classifications", std::move(data));
}

}  // namespace metaset::web
