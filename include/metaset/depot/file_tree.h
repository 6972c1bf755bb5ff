// What a manifest delivers, ordered so that one directory of it is found at once, however many
// files the package has: pages show the same tree directory by directory.
//
// Cost: making it reads the manifest once, and it takes about as much memory as the manifest's text
// twice; listing costs what is listed. Thread-safe when const; what it gives lives as long as it.
// Errors: kInvalid for a manifest that is none, kLimit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/depot/package_details.h"

namespace metaset::depot {

// A file, link or directory; a directory on the way has a row whether it is delivered or not.
struct TreeRow {
  std::string_view path;  // of a directory: with a slash at its end
  std::string_view mode, owner, group, target;
  bool is_file = false;
  std::uint64_t size = 0, count = 0;  // of a directory: of what is below
  bool is_directory() const { return path.ends_with('/'); }
};

class FileTree {
 public:
  explicit FileTree(std::string manifest);
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  std::size_t size() const { return paths_.size(); }
  // How many paths are below a directory ("usr/share/"; "": all).
  std::size_t count(std::string_view under) const;
  // By path, at most `most` of them. `whole`: all below the directory, else what is directly in it.
  struct Listing {
    std::vector<TreeRow> rows;
    std::size_t left = 0;  // how many there are besides
  };
  Listing list(std::string_view under, bool whole, std::size_t most) const;

 private:
  using Place = std::vector<DeliveredPath>::const_iterator;
  struct Lister;
  // Where the paths end that begin with the prefix, as the one at `begin` does.
  Place end_of(std::string_view prefix, Place begin) const;
  Place begin_of(std::string_view prefix) const;
  TreeRow directory_row(std::string_view path, Place begin, Place end) const;
  std::string_view keep(std::string_view text);

  const std::string manifest_;
  std::deque<std::string> texts_;     // of paths that are not in it as they are
  std::vector<DeliveredPath> paths_;  // by path; of directories with a slash at its end
  std::vector<std::uint64_t> sums_;   // of the sizes of the paths before
};

}  // namespace metaset::depot
