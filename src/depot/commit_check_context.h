// What the checks of a commit share. Private to commit_check*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metaset/depot/commit_check.h"
#include "metaset/ips/action.h"
#include "metaset/ips/fmri.h"
#include "metaset/store/view.h"

namespace metaset::depot {

// A package version that the area adds or replaces.
struct StagedPackage {
  ips::Fmri fmri;
  std::vector<ips::Action> depends;
  bool obsolete = false, renamed = false;
};

// Lifetime: refers to the report, the view and the changes that it was made with.
struct CommitCheckContext {
  store::Repository& repository;
  const store::View& view;  // the latest metaset
  const std::vector<store::StagedChange>& changes;
  const CommitCheckOptions& options;
  CommitReport& report;
  store::AreaId area{};
  std::vector<StagedPackage> packages;  // filled by check_manifests()

  void error(std::string_view check, const std::string& fmri, std::string message) {
    report.findings.push_back({std::string(check), Severity::kError, fmri, std::move(message)});
  }
  void warning(std::string_view check, const std::string& fmri, std::string message) {
    report.findings.push_back({std::string(check), Severity::kWarning, fmri, std::move(message)});
  }
};

void check_publishers(CommitCheckContext& context);
void check_conflicts(CommitCheckContext& context);
// Payloads, actions and kinds of every staged manifest; fills context.packages and the sizes.
void check_manifests(CommitCheckContext& context);
void check_dependencies(CommitCheckContext& context);

}  // namespace metaset::depot
