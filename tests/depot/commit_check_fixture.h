// A depot with a staging area, and what the checks of a commit find in it.
#pragma once

#include <string>
#include <vector>

#include "metaset/depot/commit_check.h"

#include "fixture.h"

namespace metaset::depot {

using Findings = std::vector<std::string>;
using store::ChangeKind;

inline const std::string kTime = ":20240101T000000Z";

inline std::string fmri(const std::string& name_and_version) {
  return "pkg://fruit/" + name_and_version + kTime;
}
inline std::string depend(const std::string& type, const std::string& wanted) {
  return "depend type=" + type + " fmri=" + wanted + "\n";
}

struct CheckedDepot : TestDepot {
  CheckedDepot() { session.end(); }
  store::Repository& store() { return repository_; }

  // What is committed before.
  void have(const std::string& name_and_version, const std::string& more = {}) {
    publish({manifest_of(fmri(name_and_version), more)});
    session.end();
  }
  void stage(const std::string& name_and_version, const std::string& more = {},
             ChangeKind kind = ChangeKind::kAdd, const std::string& area = "default") {
    stage_full(fmri(name_and_version), more, kind, area);
  }
  void stage_full(const std::string& full, const std::string& more = {},
                  ChangeKind kind = ChangeKind::kAdd, const std::string& area = "default") {
    store::Staging(store().staging())
        .put(area, {"tester", latest()}, kind, ips::Fmri::parse(full), manifest_of(full, more));
  }
  void stage_removal(const std::string& name_and_version) {
    store::Staging(store().staging())
        .remove("default", {"tester", latest()}, ips::Fmri::parse(fmri(name_and_version)));
  }
  store::MetasetNumber latest() {
    const lmdb::ReadTxn txn(store().committed());
    return store::View::latest_number(store().committed(), txn);
  }
  // "E dependencies apple: ..." for each finding.
  Findings check(const CommitCheckOptions& options = {}) {
    Findings result;
    for (const Finding& finding : check_commit(store(), options).findings) {
      const std::string name =
          finding.fmri.empty() ? "" : " " + ips::Fmri::parse(finding.fmri).name;
      result.push_back((finding.severity == Severity::kError ? "E " : "W ") + finding.check + name +
                       ": " + finding.message);
    }
    return result;
  }

 private:
  static store::Repository& begun(ReadSession& session) {
    session.begin();
    return session.store();
  }
  store::Repository& repository_ = begun(session);
};

inline void same(const Findings& found, const Findings& expected) {
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

}  // namespace metaset::depot
