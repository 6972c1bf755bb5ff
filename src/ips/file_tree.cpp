#include "metaset/ips/file_tree.h"

#include <algorithm>
#include <optional>

#include "metaset/base/error.h"

namespace metaset::ips {

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

struct FileTree::Piece {
  TreePieceHead head;
  std::size_t end = 0;  // of its places
  std::optional<TreePiece> content = {};
  std::vector<std::uint64_t> sums = {};  // of the sizes of the paths before

  void take(TreePiece&& loaded) {
    if (loaded.paths.size() != end - head.begin) {
      throw Error(Code::kCorrupt, "a piece of a tree of files does not fit");
    }
    sums.reserve(loaded.paths.size());
    std::uint64_t sum = head.bytes_before;
    for (const DeliveredPath& path : loaded.paths) {
      sums.push_back(sum);
      sum += path.size;
    }
    content = std::move(loaded);
  }
};

FileTree::~FileTree() = default;

FileTree::FileTree(std::string manifest) : manifest_(std::move(manifest)) { read_manifest(); }

void FileTree::read_manifest() {
  TreePiece all;
  for_each_path(manifest_, [&](const DeliveredPath& path) {
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
    all.paths.push_back(kept);
  });
  std::ranges::stable_sort(all.paths, {}, &DeliveredPath::path);
  // What is delivered in several variants is shown once.
  const auto [again, end] = std::ranges::unique(all.paths, {}, &DeliveredPath::path);
  all.paths.erase(again, end);
  size_ = all.paths.size();
  for (const DeliveredPath& path : all.paths) bytes_ += path.size;
  if (size_ == 0) return;
  pieces_.push_back({{std::string(all.paths.front().path), 0, 0}, size_});
  pieces_.back().take(std::move(all));
}

FileTree::FileTree(TreePieces pieces)
    : size_(pieces.paths), bytes_(pieces.bytes), load_(std::move(pieces.load)) {
  std::size_t end = size_;
  for (auto head = pieces.heads.rbegin(); head != pieces.heads.rend(); ++head) {
    if (head->begin >= end) throw Error(Code::kCorrupt, "pieces of a tree of files do not fit");
    pieces_.push_back({std::move(*head), end});
    end = pieces_.back().head.begin;
  }
  if (end != 0) throw Error(Code::kCorrupt, "the first piece of a tree of files is missing");
  std::ranges::reverse(pieces_);
}

std::string_view FileTree::keep(std::string_view text) {
  const std::less<> before;
  if (text.empty()) return {};
  const char* const begin = manifest_.data();
  if (!before(text.data(), begin) && before(text.data(), begin + manifest_.size())) return text;
  return texts_.emplace_back(text);
}

const FileTree::Piece& FileTree::loaded(std::size_t piece) const {
  Piece& one = pieces_[piece];
  if (!one.content) one.take(load_(piece));
  return one;
}

std::size_t FileTree::piece_of(std::size_t place) const {
  const auto behind =
      std::ranges::upper_bound(pieces_, place, {}, [](const Piece& one) { return one.head.begin; });
  return static_cast<std::size_t>(behind - pieces_.begin()) - 1;
}

const DeliveredPath& FileTree::path(std::size_t place) const {
  const Piece& piece = loaded(piece_of(place));
  return piece.content->paths[place - piece.head.begin];
}

std::uint64_t FileTree::bytes_before(std::size_t place) const {
  if (place == size_) return bytes_;
  const std::size_t at = piece_of(place);
  if (pieces_[at].head.begin == place) return pieces_[at].head.bytes_before;
  return loaded(at).sums[place - pieces_[at].head.begin];
}

template <typename IsBehind>
std::size_t FileTree::first_path(const IsBehind& is_behind) const {
  const auto next = std::ranges::partition_point(
      pieces_, [&](const Piece& piece) { return !is_behind(piece.head.first); });
  if (next == pieces_.begin()) return 0;
  // It is in the piece before, or the first one of this.
  const Piece& piece = loaded(static_cast<std::size_t>(next - pieces_.begin()) - 1);
  const auto found = std::ranges::partition_point(
      piece.content->paths, [&](const DeliveredPath& path) { return !is_behind(path.path); });
  return piece.head.begin + static_cast<std::size_t>(found - piece.content->paths.begin());
}

std::size_t FileTree::begin_of(std::string_view prefix) const {
  return first_path([&](std::string_view path) { return path >= prefix; });
}

std::size_t FileTree::end_of(std::string_view prefix) const {
  return first_path([&](std::string_view path) { return path.substr(0, prefix.size()) > prefix; });
}

// `begin` is the first path in the directory, or the directory itself if it is delivered.
TreeRow FileTree::directory_row(std::string_view path, std::size_t begin, std::size_t end) const {
  const DeliveredPath& first = this->path(begin);
  const bool delivered = first.path == path;
  TreeRow row = delivered ? path_row(first) : TreeRow();
  row.path = path;
  if (delivered) ++begin;
  row.size = bytes_before(end) - bytes_before(begin);
  row.count = end - begin;
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
  void list(std::string_view under, std::size_t begin, std::size_t end) {
    if (begin < end && tree.path(begin).path == under) ++begin;
    while (begin < end) {
      const DeliveredPath& path = tree.path(begin);
      const std::size_t slash = path.path.find('/', under.size());
      if (slash == std::string_view::npos) {
        add(path_row(path));
        ++begin;
        continue;
      }
      const std::string_view directory = path.path.substr(0, slash + 1);
      const std::size_t next = std::clamp(tree.end_of(directory), begin + 1, end);
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
  const std::size_t begin = begin_of(under), end = std::max(begin, end_of(under));
  const bool itself = begin < end && path(begin).path == under;
  return end - begin - (itself ? 1 : 0);
}

FileTree::Listing FileTree::list(std::string_view under, bool whole, std::size_t most) const {
  Lister lister{*this, whole, most};
  const std::size_t begin = begin_of(under);
  lister.list(under, begin, std::max(begin, end_of(under)));
  return std::move(lister.listing);
}

}  // namespace metaset::ips
