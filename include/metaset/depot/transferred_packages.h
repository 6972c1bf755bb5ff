// The package versions that metasets add and remove which come from another repository, and so the
// manifests that are needed for them. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "metaset/store/collected.h"
#include "metaset/store/metaset_transfer.h"

namespace metaset::depot {

class TransferredPackages {
 public:
  struct Manifest {
    std::string package;               // FMRI of one package version that has it
    std::set<std::string> publishers;  // of all
    bool needed = false;               // one of them is in a metaset that can be seen
  };
  // Before the first operation: which of the metasets can be seen no more.
  void set_collected(const store::CollectedMetasets& collected) { collected_ = collected; }
  // For store::check_transfer(), metaset by metaset.
  void operation(std::string_view publisher, const store::OperationRecord& operation,
                 const store::PackageEntry* row);
  // After the last one. By SHA-256 in hex.
  const std::map<std::string, Manifest>& manifests();
  // Publisher and name of the packages of which a version was added.
  const std::set<std::pair<std::string, std::string>>& names() const { return names_; }

 private:
  struct Visible {
    std::string manifest;
    store::MetasetNumber since = 0;
  };
  void note_need(const std::string& fmri, const Visible& visible);
  store::CollectedMetasets collected_;
  std::map<std::string, Visible> visible_;  // by FMRI
  std::map<std::string, Manifest> manifests_;
  std::set<std::pair<std::string, std::string>> names_;
};

}  // namespace metaset::depot
