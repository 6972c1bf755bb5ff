#include "web/package_files.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "metaset/depot/info.h"
#include "metaset/depot/package_details.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMostRows = 400;  // of a whole tree, and of one directory
constexpr std::size_t kMostIndents = 12;

struct TreeRow {
  std::string path;  // of a directory: with a slash at its end
  std::string mode, owner, target;
  bool is_file = false;
  std::uint64_t size = 0, count = 0;  // of what is below
};
using Tree = std::map<std::string, TreeRow>;  // by path

bool is_directory(const TreeRow& row) { return row.path.ends_with('/'); }

// The directories on the way have rows, whether they are delivered or not; `whole`: not only those
// directly below.
void add_to_tree(std::string_view under, bool whole, const depot::DeliveredPath& path, Tree& tree) {
  const std::string_view rest = path.path.substr(under.size());
  std::size_t slash = rest.find('/');
  for (; slash != std::string_view::npos; slash = rest.find('/', slash + 1)) {
    TreeRow& above = tree[std::string(path.path.substr(0, under.size() + slash + 1))];
    above.size += path.size;
    ++above.count;
    if (!whole) return;
  }
  std::string full(path.path);
  if (path.type == "dir") full += '/';
  TreeRow& row = tree[std::move(full)];
  row.mode = path.mode;
  if (!path.owner.empty()) row.owner = fmt::format("{}:{}", path.owner, path.group);
  row.target = path.target;
  row.is_file = path.type == "file";
  if (path.type != "dir") row.size = path.size;
}

// The number of paths below is counted on the way.
Tree tree_of(const std::string& manifest, std::string_view under, bool whole, std::size_t& count) {
  Tree tree;
  count = 0;
  depot::for_each_path(manifest, [&](const depot::DeliveredPath& path) {
    if (!path.path.starts_with(under) || path.path.size() == under.size()) return;
    ++count;
    add_to_tree(under, whole, path, tree);
  });
  for (auto& [path, row] : tree) row.path = path;
  return tree;
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
  put_text(data, "size", row.count > 0 || row.is_file ? depot::size_text(row.size) : "");
  put_text(data, "below", row.count > 0 ? count_text(row.count) : "");
  put_text(data, "mode", row.mode);
  put_text(data, "owner", row.owner);
  put_text(data, "target", row.target);
  return data;
}

}  // namespace

void add_files(const Site& site, const ShownPackage& package, std::string_view under, Data& data) {
  const std::string manifest = package.manifest(site.view);
  std::size_t count = 0;
  Tree tree = tree_of(manifest, under, false, count);
  const bool whole = count <= kMostRows;
  if (whole) tree = tree_of(manifest, under, true, count);
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
