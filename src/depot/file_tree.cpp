#include "metaset/depot/file_tree.h"

#include <algorithm>
#include <functional>

namespace metaset::depot {

namespace {

constexpr std::string_view kDirectory = "dir";

TreeRow path_row(const DeliveredPath& path) {
  return {.path = path.path,
          .mode = path.mode,
          .owner = path.owner,
          .group = path.group,
          .target = path.target,
          .is_file = path.type == "file",
          .size = path.size};
}

}  // namespace

FileTree::FileTree(std::string manifest) : manifest_(std::move(manifest)) {
  for_each_path(manifest_, [this](const DeliveredPath& path) {
    DeliveredPath kept = path;
    while (kept.path.ends_with('/')) kept.path.remove_suffix(1);
    if (kept.path.empty()) return;
    if (kept.type == kDirectory) {
      kept.path = texts_.emplace_back(std::string(kept.path) + "/");
    } else {
      kept.path = keep(kept.path);
    }
    for (auto text : {&DeliveredPath::mode, &DeliveredPath::owner, &DeliveredPath::group,
                      &DeliveredPath::target}) {
      kept.*text = keep(kept.*text);
    }
    paths_.push_back(kept);
  });
  std::ranges::stable_sort(paths_, {}, &DeliveredPath::path);
  // What is delivered in several variants is shown once.
  const auto [again, end] = std::ranges::unique(paths_, {}, &DeliveredPath::path);
  paths_.erase(again, end);
  sums_.reserve(paths_.size() + 1);
  sums_.push_back(0);
  for (const DeliveredPath& path : paths_) sums_.push_back(sums_.back() + path.size);
}

std::string_view FileTree::keep(std::string_view text) {
  const std::less<> before;
  if (text.empty()) return {};
  const char* const begin = manifest_.data();
  if (!before(text.data(), begin) && before(text.data(), begin + manifest_.size())) return text;
  return texts_.emplace_back(text);
}

FileTree::Place FileTree::begin_of(std::string_view prefix) const {
  return std::ranges::lower_bound(paths_, prefix, {}, &DeliveredPath::path);
}

FileTree::Place FileTree::end_of(std::string_view prefix, Place begin) const {
  return std::partition_point(begin, paths_.end(), [&](const DeliveredPath& path) {
    return path.path.substr(0, prefix.size()) <= prefix;
  });
}

// `begin` is the first path in the directory, or the directory itself if it is delivered.
TreeRow FileTree::directory_row(std::string_view path, Place begin, Place end) const {
  const bool delivered = begin->path == path;
  TreeRow row = delivered ? path_row(*begin) : TreeRow();
  row.path = path;
  const auto first = static_cast<std::size_t>(begin - paths_.begin()) + (delivered ? 1 : 0);
  const auto last = static_cast<std::size_t>(end - paths_.begin());
  row.size = sums_[last] - sums_[first];
  row.count = last - first;
  return row;
}

struct FileTree::Lister {
  const FileTree& tree;
  bool whole;
  std::size_t most;
  Listing listing = {};

  // Returns whether there was room.
  bool add(const TreeRow& row) {
    if (listing.rows.size() == most) {
      ++listing.left;
      return false;
    }
    listing.rows.push_back(row);
    return true;
  }
  // Directories within each other are as many as there is room for rows at most.
  void list(std::string_view under, Place begin, Place end) {
    if (begin != end && begin->path == under) ++begin;
    while (begin != end) {
      const std::size_t slash = begin->path.find('/', under.size());
      if (slash == std::string_view::npos) {
        add(path_row(*begin++));
        continue;
      }
      const std::string_view directory = begin->path.substr(0, slash + 1);
      const Place next = tree.end_of(directory, begin);
      const TreeRow row = tree.directory_row(directory, begin, next);
      if (add(row) && whole) {
        list(directory, begin, next);
      } else if (whole) {
        listing.left += row.count;
      }
      begin = next;
    }
  }
};

std::size_t FileTree::count(std::string_view under) const {
  const Place begin = begin_of(under), end = end_of(under, begin);
  const bool itself = begin != end && begin->path == under;
  return static_cast<std::size_t>(end - begin) - (itself ? 1 : 0);
}

FileTree::Listing FileTree::list(std::string_view under, bool whole, std::size_t most) const {
  Lister lister{*this, whole, most};
  const Place begin = begin_of(under);
  lister.list(under, begin, end_of(under, begin));
  return std::move(lister.listing);
}

}  // namespace metaset::depot
