#include "web/package_files.h"

#include <algorithm>
#include <map>

#include "metaset/depot/info.h"
#include "metaset/depot/package_details.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMostRows = 400;  // of a whole tree, and of one directory
constexpr std::size_t kMostIndents = 12;

struct TreeRow {
  std::string path;  // of a directory: with a slash at its end
  depot::DeliveredPath facts;
  std::uint64_t size = 0, count = 0;  // of what is below
};
using Tree = std::map<std::string, TreeRow>;  // by path

bool is_directory(const TreeRow& row) { return row.path.ends_with('/'); }

void add_to_tree(std::string_view under, bool whole, depot::DeliveredPath&& path, Tree& tree) {
  std::string full = path.path;
  if (path.type == "dir") full += '/';
  if (!full.starts_with(under) || full.size() == under.size()) return;
  // The directories on the way, the delivered ones or not.
  for (std::size_t slash = full.find('/', under.size()); slash != std::string::npos;
       slash = full.find('/', slash + 1)) {
    if (slash + 1 == full.size()) break;
    TreeRow& above = tree[full.substr(0, slash + 1)];
    above.size += path.size;
    ++above.count;
    if (!whole) return;
  }
  TreeRow& row = tree[full];
  if (path.type != "dir") row.size = path.size;
  row.facts = std::move(path);
}

Tree tree_of(const std::string& manifest, std::string_view under, bool whole) {
  Tree tree;
  depot::for_each_path(manifest, [&](depot::DeliveredPath&& path) {
    add_to_tree(under, whole, std::move(path), tree);
  });
  for (auto& [path, row] : tree) row.path = path;
  return tree;
}

std::size_t count_below(const std::string& manifest, std::string_view under) {
  std::size_t count = 0;
  depot::for_each_path(manifest, [&](depot::DeliveredPath&& path) {
    if (path.path.starts_with(under)) ++count;
  });
  return count;
}

std::string files_link(const Site& site, const ShownPackage& package, std::string_view under) {
  return site.links.package(package.publisher.prefix, package.name, package.entry.version) +
         Query().add("show", "files").add("under", under).text();
}

Data row_data(const Site& site, const ShownPackage& package, std::string_view under, bool whole,
              const TreeRow& row) {
  Data data;
  std::string_view shown = std::string_view(row.path).substr(under.size());
  const auto depth =
      static_cast<std::size_t>(std::ranges::count(shown.substr(0, shown.size() - 1), '/'));
  const std::size_t slash = shown.substr(0, shown.size() - 1).rfind('/');
  if (slash != std::string_view::npos) shown.remove_prefix(slash + 1);
  put(data, "indent", std::to_string(std::min(depth, kMostIndents)));
  put(data, "name", shown);
  put_text(data, "file_link",
           is_directory(row) && !whole ? files_link(site, package, row.path) : "");
  put_text(data, "size",
           row.count > 0 || row.facts.type == "file" ? depot::size_text(row.size) : "");
  put_text(data, "below", row.count > 0 ? count_text(row.count) : "");
  put_text(data, "mode", row.facts.mode);
  put_text(data, "owner", row.facts.owner.empty() ? "" : row.facts.owner + ":" + row.facts.group);
  put_text(data, "target", row.facts.target);
  return data;
}

}  // namespace

void add_files(const Site& site, const ShownPackage& package, std::string_view under, Data& data) {
  const bool whole = count_below(package.manifest, under) <= kMostRows;
  const Tree tree = tree_of(package.manifest, under, whole);
  DataList rows;
  for (const auto& [path, row] : tree) {
    if (rows.size() == kMostRows) break;
    rows.push_back(row_data(site, package, under, whole, row));
  }
  put_text(data, "rows_left",
           tree.size() > rows.size() ? count_text(tree.size() - rows.size()) : "");
  put_list(data, "files", std::move(rows));
  put_text(data, "under", under);
  const std::size_t above =
      under.empty() ? std::string_view::npos : under.substr(0, under.size() - 1).rfind('/');
  put(data, "above_link",
      files_link(
          site, package,
          above == std::string_view::npos ? std::string_view() : under.substr(0, above + 1)));
}

}  // namespace metaset::web
