#include "metaset/depot/gc.h"

#include <algorithm>

#include "metaset/base/error.h"
#include "metaset/store/commit.h"
#include "metaset/store/payload_lock.h"

#include "depot/gc_steps.h"

namespace metaset::depot {

namespace {

constexpr std::uint64_t kSmallestGain = 1 << 20;  // bytes; compacting for less is not worth it
constexpr std::uint64_t kFreeShare = 4;           // nor if less than a quarter of the file is free

store::CollectionLock lock_against_others(const store::Repository& repository) {
  auto lock = store::CollectionLock::attempt(repository.root());
  if (!lock) {
    throw Error(Code::kConflict, repository.root() +
                                     ": another collection is running, or an import, or metasets "
                                     "of a bundle are being added");
  }
  return *std::move(lock);
}

}  // namespace

void collect_catalog_files(GcContext& context) {
  const lmdb::Env& env = std::as_const(context.repository).committed();
  const lmdb::ReadTxn txn(env);
  const auto pruned = context.repository.catalog_files().prune(env, txn, store::kKeepCatalogFiles,
                                                               context.options.dry_run);
  const auto outlines = context.repository.outlines().prune(env, txn, context.options.dry_run);
  context.report.catalog_files = {pruned.files + outlines.files, pruned.bytes + outlines.bytes};
}

void compact(GcContext& context) {
  GcReport& report = context.report;
  const lmdb::Env& env = std::as_const(context.repository).committed();
  report.free_bytes = env.free_bytes();
  if (context.options.dry_run || context.options.compacting == Compacting::kNever) return;
  const std::uint64_t used = env.statistics().used_bytes;
  const bool worthwhile =
      report.free_bytes >= kSmallestGain && report.free_bytes >= used / kFreeShare;
  if (!worthwhile && context.options.compacting != Compacting::kAlways) return;
  context.tell("database", 0, 1, 0);
  report.compaction = store::compact_committed(context.repository);
  report.free_bytes = env.free_bytes();
  context.tell("database", 1, 1, report.compaction->after);
}

GcReport collect_garbage(store::Repository& repository, const GcOptions& options,
                         const ProgressCallback& callback) {
  const store::CollectionLock lock = lock_against_others(repository);
  if (!options.dry_run) store::remove_compaction_leftovers(repository);
  GcContext context{repository, options, callback, {}, {}};
  forget_metasets(context);
  NeededManifests needed(context.collected);
  collect_records(context);
  collect_manifests(context, needed);
  collect_search(context);
  collect_payloads(context, needed);
  collect_catalog_files(context);
  compact(context);
  return std::move(context.report);
}

}  // namespace metaset::depot
