// Mends what a verification finds damaged or missing, with what other depots have.
//
// Manifests and payloads are fetched from the sources in turn, and take the place of what is
// damaged only if they have the recorded digest. A payload has to be the gzip file that manifests
// claim, too; if no source has that, it is made again from the content, and if that does not lead
// to it, the nearest thing is taken in place of nothing, and told to be damaged still. Links of
// publishers are made again, and damaged catalog files removed, because they are rendered when
// somebody needs them. Metasets, package rows and whatever else only the database has cannot be had
// from elsewhere.
//
// Every change is complete or not there, and durable when repair() returns. A source can neither
// make anything worse nor fill the disk: what it sends ends where manifests say that the payload
// does. May run beside servers, publishers and collections of payloads.
// Thread-safety: one repair per repository at a time; no transaction of this thread may be open.
// Errors: those of verify(). Those of sources, and a full disk, are told with what could not be
// mended.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/depot/verify.h"
#include "metaset/store/content_source.h"

namespace metaset::depot {

enum class RepairOutcome {
  kRepaired,
  kPartly,      // better than before, and damaged still
  kRepairable,  // only looked at: repair() would try
  kLeft,
};
std::string_view repair_outcome_name(RepairOutcome outcome);  // "repaired", ...

struct Repair {
  Damage damage;
  RepairOutcome outcome = RepairOutcome::kLeft;
  std::string how;  // what was done, or why it could not be
};

struct RepairReport {
  std::vector<Repair> repairs;
  std::uint64_t manifests = 0, payloads = 0;  // that were looked at
  std::uint64_t count(RepairOutcome outcome) const;
  std::uint64_t left() const { return count(RepairOutcome::kLeft) + count(RepairOutcome::kPartly); }
};

struct RepairOptions {
  unsigned threads = 0;         // as for verify()
  bool payload_content = true;  // as for verify()
  bool dry_run = false;         // change nothing, and ask no source
  bool known_only = false;      // of the payloads only those that a verification in rounds found
  // The content of a payload of which no manifest says how large it is may have so many bytes.
  std::uint64_t max_payload = std::uint64_t{4} << 30;
};

using Sources = std::vector<std::unique_ptr<store::ContentSource>>;

RepairReport repair(store::Repository& repository, const Sources& sources,
                    const RepairOptions& options, const ProgressCallback& callback = {});

}  // namespace metaset::depot
