#include "commit_report.h"

#include <cstdio>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/commit.h"

#include "cli.h"

namespace metaset::app {

std::string findings_text(const depot::CommitReport& report) {
  std::string text;
  for (const depot::Finding& finding : report.findings) {
    const bool error = finding.severity == depot::Severity::kError;
    text += fmt::format("{}: {}: {}{}{}\n", error ? "error" : "warning", finding.check,
                        finding.fmri, finding.fmri.empty() ? "" : ": ", finding.message);
  }
  return text;
}

std::string diff_text(const depot::CommitReport& report) {
  const depot::CommitDiff& diff = report.diff;
  std::string text;
  for (const std::string& fmri : diff.added) text += "+ " + fmri + "\n";
  for (const std::string& fmri : diff.replaced) text += "! " + fmri + "\n";
  for (const std::string& fmri : diff.removed) text += "- " + fmri + "\n";
  text += fmt::format("{} added, {} replaced, {} removed; {} new payloads, {}\n", diff.added.size(),
                      diff.replaced.size(), diff.removed.size(), diff.new_payloads,
                      human_size(diff.new_payload_bytes));
  return text;
}

void finish_commit(store::Repository& repository, const char* command) {
  try {
    // The commit is durable; this only spares the first client a wait.
    store::finish_commit(repository);
  } catch (const Error& error) {
    std::fprintf(stderr, "metaset: %s: it is done, but catalog files are left for later: %s\n",
                 command, error.what());
  }
}

}  // namespace metaset::app
