// What would be wrong with the metaset that a staging area leads to, found before anything changes.
//
// Every check has a stable name, by which its errors can be made warnings:
//   empty         there is nothing to commit
//   publishers    illegal names (error); publishers that the repository does not have yet (warning)
//   conflict      another commit changed the same package since it was staged
//   obsolete      rules of obsolete and renamed packages (protocol/http.md section 7.9); required
//                 packages of which only obsolete versions are left
//   actions       broken actions; two that deliver the same thing differently
//   payloads      missing, or not what the manifest says of them
//   dependencies  of staged packages, and of others on what the area removes, that nothing in the
//                 resulting metaset satisfies. Optional dependencies, and those on a publisher
//                 that the repository does not have, are warnings
//
// Cost: the manifests of the area, the package rows of names that these depend on; removals read
// the dependencies of all packages once; `deep` reads the payloads. Memory: the dependencies of the
// area, and 100 bytes for each distinct payload.
// Thread-safety: any thread; makes its own transactions (none of this thread may be open).
// Errors: kUsage for an unknown name of a check, kInvalid for an illegal area name, kCorrupt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/store/commit.h"

namespace metaset::depot {

// In the order of reports.
inline constexpr std::string_view kCommitChecks[] = {
    "empty", "publishers", "conflict", "obsolete", "actions", "payloads", "dependencies"};

enum class Severity { kError, kWarning };

struct Finding {
  std::string check;
  Severity severity = Severity::kError;
  std::string fmri;  // the package that it is about; empty: the whole area
  std::string message;
  bool operator==(const Finding&) const = default;
};

struct CommitDiff {
  std::vector<std::string> added, replaced, removed;  // FMRIs, sorted
  // Distinct payloads of the area that the newest version of the same package so far does not
  // have, and the bytes of their gzip files: what a client downloads to update everything.
  std::uint64_t new_payloads = 0, new_payload_bytes = 0;
};

struct CommitReport {
  std::string area;
  store::MetasetNumber base = 0;    // latest when the area was opened; 0: there is no such area
  store::MetasetNumber latest = 0;  // the parent of the metaset that was checked
  std::vector<Finding> findings;    // all of them, in the order of kCommitChecks, then by FMRI
  CommitDiff diff;
  store::CommitOptions::Expected checked;  // what the report is about

  std::size_t errors() const;
  std::size_t warnings() const { return findings.size() - errors(); }
  // Whether the check found something, of whatever severity.
  bool found(std::string_view check) const;
};

struct CommitCheckOptions {
  std::string area{store::kDefaultArea};
  std::vector<std::string> warn;  // checks whose errors are warnings
  bool deep = false;              // read every payload and compare its hashes
};

// `repository` is open for writing.
CommitReport check_commit(store::Repository& repository, const CommitCheckOptions& options);

struct CommitOutcome {
  CommitReport report;
  std::optional<store::MetasetRecord> metaset;  // nullopt: refused, the report has errors
  // Metasets that were committed and held before, and became active with this one.
  std::vector<store::MetasetNumber> also_activated;
};
// Checks, and commits exactly what was checked if there is no error. Downgraded findings are
// overruled: payloads may be missing, and the area's packages replace those of other commits; what
// is impossible still fails as store::commit() does. `commit.area` is taken from `check`.
// store::finish_commit() is left to the caller. kConflict if others never stop changing things.
CommitOutcome commit_checked(store::Repository& repository, const CommitCheckOptions& check,
                             store::CommitOptions commit);

// {"area", "base", "latest", "errors", "warnings", "findings": [{"check", "severity", "fmri",
// "message"}], "diff": {"added": [], "replaced": [], "removed": [], "new-payloads",
// "new-payload-bytes"}}
rapidjson::Value report_json(const CommitReport& report, rapidjson::Document& document);

}  // namespace metaset::depot
