#include "web/package_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/info.h"
#include "metaset/ips/file_tree.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMostRows = 400;  // of a whole tree, and of one directory
constexpr std::size_t kMostIndents = 12;

std::string files_link(const Site& site, const ShownPackage& package, std::string_view under) {
  return site.links.package(package.publisher.prefix, package.name, package.entry.version) +
         Query().add("show", "files").add("under", under).text();
}

Data row_data(const Site& site, const ShownPackage& package, std::string_view under, bool whole,
              const ips::TreeRow& row) {
  Data data;
  std::string_view shown = row.path.substr(under.size());
  const auto depth =
      static_cast<std::size_t>(std::ranges::count(shown.substr(0, shown.size() - 1), '/'));
  const std::size_t slash = shown.substr(0, shown.size() - 1).rfind('/');
  if (slash != std::string_view::npos) shown.remove_prefix(slash + 1);
  put(data, "indent", std::to_string(std::min(depth, kMostIndents)));
  put(data, "name", shown);
  put_text(data, "file_link",
           row.is_directory() && !whole ? files_link(site, package, row.path) : "");
  put_text(data, "size", row.count > 0 || row.is_file ? depot::size_text(row.size) : "");
  put_text(data, "below", row.count > 0 ? count_text(row.count) : "");
  put_text(data, "mode", row.mode);
  put_text(data, "owner", row.owner.empty() ? "" : fmt::format("{}:{}", row.owner, row.group));
  put_text(data, "target", row.target);
  return data;
}

void add_tree(const Site& site, const ShownPackage& package, std::string_view under,
              PageCache::From from, Data& data) {
  const auto tree = site.cache.files(site.view, site.outlines, package.entry, from);
  const bool whole = tree->count(under) <= kMostRows;
  const auto listing = tree->list(under, whole, kMostRows);
  DataList rows;
  for (const ips::TreeRow& row : listing.rows) {
    rows.push_back(row_data(site, package, under, whole, row));
  }
  put_text(data, "rows_left", listing.left > 0 ? count_text(listing.left) : "");
  put_list(data, "files", std::move(rows));
  put_text(data, "under", under);
  const std::size_t above =
      under.empty() ? std::string_view::npos : under.substr(0, under.size() - 1).rfind('/');
  put(data, "above_link",
      files_link(
          site, package,
          above == std::string_view::npos ? std::string_view() : under.substr(0, above + 1)));
}

}  // namespace

void add_files(const Site& site, const ShownPackage& package, std::string_view under, Data& data) {
  try {
    add_tree(site, package, under, PageCache::From::kOutline, data);
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    site.outlines.discard(package.entry.manifest);
    add_tree(site, package, under, PageCache::From::kManifest, data);
  }
}

}  // namespace metaset::web
