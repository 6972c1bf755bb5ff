// What a manifest delivers, ordered so that one directory of it is found at once, however many
// files the package has: pages show the same tree directory by directory.
//
// Cost: making it from a manifest reads that once, and it takes about as much memory as the
// manifest's text twice; of pieces that were made before, only those are loaded that are needed.
// Listing costs what is listed. What it gives lives as long as it. Thread-safety: one that was made
// from a manifest is, when const; one of pieces belongs to one thread. Errors: kInvalid for a
// manifest that is none, kLimit; kCorrupt for pieces that do not fit, and what loading throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/package_details.h"

namespace metaset::ips {

// A file, link or directory; a directory on the way has a row whether it is delivered or not.
struct TreeRow {
  std::string_view path;  // of a directory: with a slash at its end
  std::string_view mode, owner, group, target;
  bool is_file = false;
  std::uint64_t size = 0, count = 0;  // of a directory: of what is below
  bool is_directory() const { return path.ends_with('/'); }
};

// Paths of a tree that follow each other.
struct TreePiece {
  std::shared_ptr<const void> texts;  // what they point into
  std::vector<DeliveredPath> paths;
};
// What is known of a piece without loading it.
struct TreePieceHead {
  std::string first;               // path
  std::size_t begin = 0;           // its place among all paths
  std::uint64_t bytes_before = 0;  // the sizes of all paths before
};
struct TreePieces {
  std::vector<TreePieceHead> heads;
  std::size_t paths = 0;
  std::uint64_t bytes = 0;  // of all paths
  std::function<TreePiece(std::size_t)> load;
};

class FileTree {
 public:
  explicit FileTree(std::string manifest);
  explicit FileTree(TreePieces pieces);
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;
  ~FileTree();

  std::size_t size() const { return size_; }
  std::uint64_t bytes() const { return bytes_; }
  // A path by its place, and the sizes of all before.
  const DeliveredPath& path(std::size_t place) const;
  std::uint64_t bytes_before(std::size_t place) const;
  // How many paths are below a directory ("usr/share/"; "": all).
  std::size_t count(std::string_view under) const;
  // By path, at most `most` of them. `whole`: all below the directory, else what is directly in it.
  struct Listing {
    std::vector<TreeRow> rows;
    std::size_t left = 0;  // how many there are besides
  };
  Listing list(std::string_view under, bool whole, std::size_t most) const;

 private:
  struct Piece;
  struct Lister;
  void read_manifest();
  std::string_view keep(std::string_view text);
  const Piece& loaded(std::size_t piece) const;
  std::size_t piece_of(std::size_t place) const;
  // The first path for which `is_behind` holds, if it holds for all that follow that one, too.
  template <typename IsBehind>
  std::size_t first_path(const IsBehind& is_behind) const;
  // Where the paths end that begin with the prefix, and begin.
  std::size_t end_of(std::string_view prefix) const;
  std::size_t begin_of(std::string_view prefix) const;
  TreeRow directory_row(std::string_view path, std::size_t begin, std::size_t end) const;

  const std::string manifest_;
  std::deque<std::string> texts_;  // of paths that are not in it as they are
  std::size_t size_ = 0;
  std::uint64_t bytes_ = 0;
  std::function<TreePiece(std::size_t)> load_;
  mutable std::vector<Piece> pieces_;  // by path; of directories with a slash at its end
};

}  // namespace metaset::ips
