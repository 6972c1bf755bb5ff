// Committing exactly what was checked.
#include "metaset/base/error.h"
#include "metaset/depot/commit_check.h"

namespace metaset::depot {

namespace {

constexpr int kTries = 5;  // each after a commit or a publication that came in between

store::MetasetNumber active_number(const lmdb::Env& env) {
  const lmdb::ReadTxn txn(env);
  return store::View::active_number(env, txn);
}

CommitOutcome attempt(store::Repository& repository, const CommitCheckOptions& check,
                      store::CommitOptions commit) {
  CommitOutcome outcome{check_commit(repository, check), std::nullopt, {}};
  if (outcome.report.errors() > 0) return outcome;
  commit.expected = outcome.report.checked;
  // Without errors, whatever these found was downgraded.
  commit.allow_missing_payloads = outcome.report.found("payloads");
  commit.area_wins = outcome.report.found("conflict");
  const store::MetasetNumber active = active_number(repository.committed());
  outcome.metaset = store::commit(repository, commit);
  if (!commit.activate) return outcome;
  for (store::MetasetNumber held = active + 1; held < outcome.metaset->number; ++held) {
    outcome.also_activated.push_back(held);
  }
  return outcome;
}

}  // namespace

CommitOutcome commit_checked(store::Repository& repository, const CommitCheckOptions& check,
                             store::CommitOptions commit) {
  commit.area = check.area;
  for (int tries = 1;; ++tries) {
    try {
      return attempt(repository, check, commit);
    } catch (const Error& error) {
      if (error.code() != Code::kConflict || tries == kTries) throw;
    }
  }
}

}  // namespace metaset::depot
