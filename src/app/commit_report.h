// How the report of a commit's checks is shown.
#pragma once

#include <string>

#include "metaset/depot/commit_check.h"

namespace metaset::app {

// "error: dependencies: pkg://...: ..." for each finding.
std::string findings_text(const depot::CommitReport& report);
// "+ FMRI", "! FMRI" (replaced), "- FMRI" for each change, and a line of counts.
std::string diff_text(const depot::CommitReport& report);

// store::finish_commit() after a commit that is durable: if it fails, that is only said.
void finish_commit(store::Repository& repository, const char* command);

}  // namespace metaset::app
