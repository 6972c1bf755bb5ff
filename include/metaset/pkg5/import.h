// Importing a stock repository with its history into a metaset repository, as one metaset.
//
// The catalog files of the new metaset are byte for byte those of the stock repository: clients
// that know the old depot go on without noticing. This is proved before anything becomes visible.
// Order: catalogs are read; manifests are checked against them and stored; payloads are checked
// against their names and against what manifests say of them, then taken (hard link, reflink or
// copy) and synced; the metaset is built, verified and committed. Whatever was done before an
// interruption is found again by the next run and not repeated.
//
// Importing again takes only what was published since: the new operations of each update log. That
// works as long as nothing else was published here for those publishers.
//
// Memory: the catalogs of the source, and about 200 bytes for each distinct payload.
// Thread-safety: starts its own threads; one import per destination at a time. The source is never
// written to and may be a depot's that goes on publishing.
// Errors: kNotFound (no repository; manifests or payloads missing), kCorrupt (damaged catalog,
// manifest or payload, or a catalog that its own history does not lead to), kConflict (the
// destination has other history), kInvalid, kLimit, kNoSpace, system errors. The message names the
// file and what to do. After an error the metasets of the destination are what they were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"
#include "metaset/base/progress.h"
#include "metaset/pkg5/bad_payload.h"
#include "metaset/pkg5/repository.h"
#include "metaset/store/repository.h"

namespace metaset::pkg5 {

struct ImportOptions {
  std::string who, message;  // empty message: one that names the source
  bool activate = true;
  // Payloads that manifests name and nobody has: list them, import the rest.
  bool allow_missing_payloads = false;
  // The same for damaged payloads (left out) and for those that are not what a manifest says of
  // them (taken).
  bool allow_damaged_payloads = false;
  // Packages only, as after `pkgrepo rebuild`: new identity, no update logs, clients download the
  // catalogs whole. For repositories whose history is damaged.
  bool without_history = false;
  // Replace configuration and publisher data although the destination has packages already.
  bool replace_configuration = false;
  // Check also the packages that are here already: takes payloads that were missing before.
  bool complete = false;
  unsigned threads = 0;  // for hashing; 0: one per core, at most 8
};

struct ImportedPublisher {
  std::string prefix;
  std::uint64_t packages = 0, package_versions = 0;  // in the source
  std::uint64_t added = 0, removed = 0;              // operations of this import
  bool is_new = false;                               // to the destination
};
struct ImportResult {
  std::optional<store::MetasetNumber> metaset;  // nullopt: nothing was new, nothing written
  bool created_repository = false;
  std::vector<ImportedPublisher> publishers;
  std::uint64_t manifests = 0, new_manifests = 0;  // checked; stored by this run
  std::uint64_t payloads = 0;                      // distinct names in the manifests
  std::uint64_t linked = 0, reflinked = 0, copied = 0, present = 0;
  std::uint64_t payload_bytes = 0;              // of those taken by this run, compressed
  std::vector<BadPayload> missing, damaged;     // complete, by name
  std::vector<std::string> unlisted_manifests;  // FMRIs on disk that no catalog lists: not taken
  std::vector<std::string> warnings;
};

// Phases: "catalogs", "manifests", "payloads", "metaset", "verification", "files"; the callback may
// throw to interrupt what is under way. Creates the destination if there is no repository. `result`
// is filled while the import goes on, so that it tells what was found also when an error ends it.
void import_repository(const std::string& source, const std::string& destination,
                       const ImportOptions& options, const ProgressCallback& callback,
                       ImportResult& result);

// The same for repositories that are open already (the destination for writing).
void import_repository(const StockRepository& source, store::Repository& destination,
                       const ImportOptions& options, const ProgressCallback& callback,
                       ImportResult& result);

}  // namespace metaset::pkg5
