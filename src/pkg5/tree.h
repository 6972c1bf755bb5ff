// Files and directories below a root that somebody else filled.
//
// Every path is relative, of at most kMaxDepth names; no name is "..", and no symbolic link is
// followed, neither at the end nor on the way. So nothing outside of the root can be read, whatever
// the tree holds, also while it is changed. Thread-safety: const functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/file.h"

namespace metaset::pkg5 {

class Tree {
 public:
  explicit Tree(const std::string& root);  // the root itself may be a link

  // The bytes of a regular file; nullopt if there is nothing. kInvalid for anything else.
  std::optional<std::string> read(std::string_view path, std::uint64_t max_size) const;
  bool is_directory(std::string_view path) const;
  // Names in a directory, sorted; empty if it does not exist.
  std::vector<std::string> list(std::string_view path) const;

 private:
  // Opens name by name; an empty Fd if one of them does not exist.
  Fd open(std::string_view path, int flags) const;
  std::string root_name_;
  Fd root_;
};

}  // namespace metaset::pkg5
