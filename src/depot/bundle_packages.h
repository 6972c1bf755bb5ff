// The package versions that the metasets of a bundle add and remove. Private to the depot.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "metaset/store/metaset_transfer.h"

namespace metaset::depot {

class BundlePackages {
 public:
  struct Manifest {
    std::string package;               // FMRI of one package version that has it
    std::set<std::string> publishers;  // of all
    bool needed = false;               // one of them is still there in the last metaset
  };
  // For store::check_transfer(), metaset by metaset.
  void operation(std::string_view publisher, const store::OperationRecord& operation,
                 const store::PackageEntry* row);
  // After the last one. By SHA-256 in hex.
  const std::map<std::string, Manifest>& manifests();
  // Publisher and name of the packages of which a version was added.
  const std::set<std::pair<std::string, std::string>>& names() const { return names_; }

 private:
  std::map<std::string, std::string> visible_;  // FMRI -> manifest
  std::map<std::string, Manifest> manifests_;
  std::set<std::pair<std::string, std::string>> names_;
};

}  // namespace metaset::depot
