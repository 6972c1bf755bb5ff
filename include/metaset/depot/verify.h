// Proves that a repository is whole: every hash, every reference.
//
// What is found wrong is a list that names the damaged thing, why, and the packages that need it;
// the check then goes on with the rest. Of a thing that is damaged nothing further is concluded, so
// that one fault gives one entry where that is possible. Nothing is written.
//
// Checked are: the chain of metasets, the digest of what each changed and signed statements
// about them; publishers, states, operations, package rows, catalog texts and update logs
// against each other; every manifest against its digests and its package row; every payload
// against its name and what manifests say of it, and the links of publishers to theirs; the
// catalog files of the latest metaset and those on disk; what staging areas refer to (only if
// the repository is open for writing).
//
// Memory: about 150 bytes for each distinct payload. The database's snapshot is given back before
// payloads are read, which can take hours. May run beside servers and writers.
//
// Payloads can be checked a part at a time (VerifyOptions::resume): a round goes over all of them,
// in the order of their names, in as many runs as it takes. REPO/verify/state says how far it came
// and which payloads failed their last check; those are checked again before the round ends.
// Thread-safety: one verification per call; it starts threads of its own. Errors: only what keeps
// the check from going on at all, such as a repository that is gone. With `resume` also:
// kUnavailable if another one does so now, kCorrupt for a damaged state, system errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/progress.h"
#include "metaset/base/signing.h"
#include "metaset/store/payload_claims.h"
#include "metaset/store/repository.h"

namespace metaset::depot {

enum class DamageKind {
  kDatabase,   // a table that cannot be read to its end
  kMetaset,    // "metaset 7"
  kPublisher,  // "fruit": its record, state or configuration
  kPackage,    // FMRI: its row in the database
  kOperation,  // "operation 12 of fruit"
  kText,       // digest of a text of the catalog
  kManifest,   // FMRI: the text of its manifest
  kPayload,    // name of the payload, or "NAME of fruit": only the link of the publisher
  kSearch,     // FMRI without version: what the search index has of the name
  kCatalog,    // "catalog.base.C of fruit", or a path in the repository
  kStaging,    // "FMRI in staging area NAME"
};
// The lower-case word for people and --json: "metaset", "payload", ...
std::string_view damage_kind_name(DamageKind kind);

inline constexpr std::size_t kMaxNeededBy = 100;  // packages listed with one damage

struct Damage {
  DamageKind kind = DamageKind::kDatabase;
  std::string what;                    // names the thing
  std::string reason;                  // what is wrong with it
  std::vector<std::string> needed_by;  // FMRIs, at most kMaxNeededBy
  std::uint64_t needed_by_count = 0;   // of all that need it
  // Of a payload: its name, the publisher if only its link is damaged, all publishers that have
  // packages with it, and what manifests say of it.
  std::string payload, publisher;
  std::set<std::string> publishers;
  std::vector<store::PayloadClaim> claims;
};

// A round of checks of all payloads, as far as it is.
struct VerifyRound {
  Time started;
  std::uint64_t checked = 0, total = 0;  // payloads
  bool complete = false;                 // with this run
  std::uint64_t known_damaged = 0;  // failed in earlier runs and were not looked at in this one
  struct Complete {
    Time started, ended;
  };
  std::optional<Complete> last;  // in which every payload was checked
  std::string problem;           // the state could not be kept: why
};

struct VerifyReport {
  std::vector<Damage> damage;
  // What was checked.
  std::uint64_t metasets = 0, publishers = 0, operations = 0, package_versions = 0, texts = 0;
  std::uint64_t manifests = 0, payloads = 0, catalog_files = 0, staged_changes = 0;
  std::uint64_t payload_bytes = 0;  // of the gzip files
  std::uint64_t statements = 0;
  // The newest metaset that a trusted key has signed, 0 if none, and when it did so last.
  store::MetasetNumber signed_metaset = 0;
  Time signed_at;
  std::optional<VerifyRound> round;  // with VerifyOptions::resume
  // For information. Packages whose catalog says something else than their manifest would now
  // (imported from older depots); payload files that nothing refers to, and their bytes.
  std::uint64_t other_texts = 0, stray_payloads = 0, stray_bytes = 0;
};

struct VerifyOptions {
  unsigned threads = 0;  // that read manifests and payloads; 0: one for each core, at most 8
  // Names of those to look at; nullopt: all of them. Not with `resume`.
  std::optional<std::set<std::string>> payloads;
  bool payload_content = true;  // false: only that payloads are there and have the right size
  std::uint64_t rate = 0;  // bytes of payloads to read in a second, by all threads; 0: no limit
  bool resume = false;     // go on with the round under way, else begin one
  // With `resume`: no payload is begun after this moment, but one at least is checked.
  std::optional<std::chrono::steady_clock::time_point> until;
  // Public keys: one of them must have signed the active metaset, or a later one. Empty: nobody has
  // to have.
  std::vector<std::shared_ptr<const Key>> trusted;
};

VerifyReport verify(store::Repository& repository, const VerifyOptions& options,
                    const ProgressCallback& callback = {});

}  // namespace metaset::depot
