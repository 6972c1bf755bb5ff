// The difference of two metasets for people. Pure.
#pragma once

#include <map>
#include <string>

#include "metaset/depot/diff.h"

namespace metaset::app {

// The line of a package, and with actions one for each of them.
std::string diff_text(const depot::PackageDiff& package, depot::DiffDepth depth);

// How many packages of each kind there are, for the last line.
class DiffCounts {
 public:
  void count(const depot::PackageDiff& package);
  bool any() const { return !kinds_.empty(); }
  // "2 added, 1 upgraded", with actions also the change of the size of all.
  std::string text(depot::DiffDepth depth) const;

 private:
  std::map<depot::PackageChange, std::size_t> kinds_;
  std::int64_t size_ = 0;
};

}  // namespace metaset::app
