// Collection: forgets metasets, and then deletes what nothing refers to any more.
//
// 1. Metasets that no rule keeps are noted as collected (store/collected.h): they can be seen no
//    more. Kept are always the active metaset, the latest one and those between, and what has a
//    tag. Without a rule nothing is forgotten.
// 2. Manifests that no metaset that can be seen has, statements about collected metasets, recorded
//    digests of catalog files.
// 3. Payloads, and links of publishers to them, that neither a manifest nor a staging area nor an
//    open transaction refers to; and catalog files on disk.
// 4. If enough pages of the database are free, it is made compact (store/compact.h).
//
// Each step is done in small pieces, each of which is complete: publishing and serving go on, a
// collection that was interrupted leaves nothing that is wrong, and the next one goes on. Payloads
// wait for commands that are publishing from files (store/payload_lock.h). Memory: about 50 bytes
// for each distinct payload and 100 for each manifest. Thread-safety: any number of processes; one
// collects, another one gets kConflict. None of this thread's transactions may be open. Errors:
// kCorrupt if a manifest that is kept cannot be read (then it is not known which payloads it needs,
// and none is deleted).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "metaset/base/clock.h"
#include "metaset/base/progress.h"
#include "metaset/store/compact.h"

namespace metaset::depot {

// What is kept, besides what always is: everything that one of them names.
struct GcRules {
  std::optional<std::uint64_t> keep_last;  // so many of the newest
  std::optional<Time> keep_since;          // those that were the newest one then, or later
  bool keep_tagged = false;                // nothing more: only a rule for who has no other
  bool any() const { return keep_last || keep_since || keep_tagged; }
};

enum class Compacting { kIfWorthwhile, kAlways, kNever };

struct GcOptions {
  GcRules rules;
  Compacting compacting = Compacting::kIfWorthwhile;
  bool dry_run = false;  // only says what would be done
  unsigned threads = 0;  // that read manifests; 0: one for each core, at most 8
};

struct GcCount {
  std::uint64_t count = 0, bytes = 0;
};

struct GcReport {
  std::vector<store::MetasetNumber> forgotten;  // now
  std::uint64_t collected = 0;                  // all that ever were
  std::uint64_t kept = 0;                       // metasets that can be seen
  GcCount manifests, payloads, catalog_files;   // bytes: in the database, of files
  std::uint64_t links = 0;                      // of publishers to payloads
  GcCount spared;  // payloads that an open transaction may still count on: the next time
  std::optional<store::Compaction> compaction;
  std::uint64_t free_bytes = 0;  // in the database's free pages, afterwards
};

GcReport collect_garbage(store::Repository& repository, const GcOptions& options,
                         const ProgressCallback& callback = {});

}  // namespace metaset::depot
