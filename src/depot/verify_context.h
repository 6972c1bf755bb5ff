// What the steps of a verification share. Each step is one function in a file of its own.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/error.h"
#include "metaset/depot/verify.h"
#include "metaset/store/payload_claims.h"

#include "depot/verify_state.h"

namespace metaset::depot {

struct VerifiedPublisher {
  store::PublisherId id = 0;
  std::string prefix;
  store::MetasetNumber added_in = 0;
  bool damaged = false;  // conclusions from its rows would only repeat what was found
};

// The operations of one publisher, as far as other checks need them.
struct OperationsSummary {
  struct Counts {
    std::uint64_t added = 0, removed = 0, end = 0;  // end: sequence after the last one
  };
  std::map<store::MetasetNumber, Counts> metasets;
  std::vector<std::uint64_t> removed_rows;  // sequences of package rows, sorted
};
// Visible packages and versions: what metasets changed of them, as differences.
struct CountChanges {
  struct Change {
    std::int64_t packages = 0, versions = 0;
  };
  std::map<store::MetasetNumber, Change> metasets;
};

struct PackageKey {
  store::PublisherId publisher = 0;
  std::string_view name;
  std::uint64_t sequence = 0;
};
PackageKey parse_package_key(std::string_view key);  // kCorrupt

// What an exception says. Errors are the rule; a damaged record can also mislead the library.
std::string reason_of(const std::exception& error);

class VerifyContext {
 public:
  VerifyContext(store::Repository& repository, const VerifyOptions& options,
                const ProgressCallback& callback);

  const lmdb::Env& env() const { return env_; }
  lmdb::Table table(store::CommittedTable which) const { return env_.table(which); }
  store::View latest_view() const { return {env_, txn, latest}; }
  VerifiedPublisher* publisher(store::PublisherId id);
  std::string fmri(store::PublisherId publisher, std::string_view name,
                   std::string_view version) const;

  std::size_t damage(DamageKind kind, std::string what, std::string reason);
  // Damage to the rows of a publisher.
  void damage(VerifiedPublisher& publisher, DamageKind kind, std::string what, std::string reason);
  void needed_by(std::size_t damage, std::string fmri);
  // Runs check(); an exception becomes damage to `what`. False if there was one.
  template <typename Check>
  bool guard(DamageKind kind, const std::string& what, const Check& check) {
    try {
      check();
      return true;
    } catch (const std::exception& error) {
      damage(kind, what, reason_of(error));
      return false;
    }
  }

  store::Repository& repository;
  const VerifyOptions& options;
  const ProgressCallback& callback;
  lmdb::ReadTxn txn;
  VerifyReport report;
  store::MetasetNumber latest = 0;
  std::vector<VerifiedPublisher> publishers;        // by id
  std::set<store::MetasetNumber> damaged_metasets;  // or something they say was named already
  std::map<store::TextId, std::size_t> bad_texts;   // number of the damage
  store::ClaimSet claims;
  std::unique_ptr<VerifyStateFile> state;  // with VerifyOptions::resume

 private:
  const lmdb::Env& env_;
};

// In this order; each relies on what those before found.
void verify_chain(VerifyContext& context);
void verify_statements(VerifyContext& context);
void verify_publishers(VerifyContext& context);
void verify_texts(VerifyContext& context);
void verify_rows(VerifyContext& context);  // operations, packages, states
void verify_manifests(VerifyContext& context);
void verify_contents(VerifyContext& context);
void verify_catalogs(VerifyContext& context);
void verify_staging(VerifyContext& context);
void verify_search(VerifyContext& context);
void verify_payloads(VerifyContext& context);

// Parts of these.
OperationsSummary verify_operations(VerifyContext& context, VerifiedPublisher& publisher,
                                    ProgressPhase& phase);
CountChanges verify_packages(VerifyContext& context, VerifiedPublisher& publisher,
                             const OperationsSummary& operations, ProgressPhase& phase);
void verify_states(VerifyContext& context, VerifiedPublisher& publisher,
                   const OperationsSummary& operations, const CountChanges& counts);
void verify_catalog_directory(VerifyContext& context,
                              const std::map<std::string, std::string>& names);
void verify_page_files(VerifyContext& context);

// nullptr if the repository is open for reading only.
const lmdb::Env* staging_of(VerifyContext& context);

// Calls visit(FMRI, claims) for everything that refers to payloads; what cannot be read is left
// out. By threads, but one call at a time.
using ClaimVisitor =
    std::function<void(const std::string& fmri, const std::vector<store::PayloadClaim>& claims)>;
void visit_committed_claims(VerifyContext& context, const ClaimVisitor& visit);
void visit_staged_claims(VerifyContext& context, const ClaimVisitor& visit);

}  // namespace metaset::depot
