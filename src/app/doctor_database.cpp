// The database of the repository: its size, who reads it, its newest metaset.
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/store/repository.h"

#include "cli.h"
#include "doctor.h"

namespace metaset::app {
namespace {

constexpr std::uint64_t kFarBehind = 1000;  // transactions
constexpr double kNearlyFull = 0.8;

std::uint64_t transactions_behind(const lmdb::EnvStatistics& statistics,
                                  const lmdb::ReaderSlot& reader) {
  const std::uint64_t seen = reader.transaction.value_or(statistics.last_transaction);
  return statistics.last_transaction - std::min(seen, statistics.last_transaction);
}

void check_readers(const lmdb::Env& env, Diagnosis& diagnosis) {
  const lmdb::EnvStatistics statistics = env.statistics();
  const auto readers = env.readers();
  // Opening the database has freed their slots, as every program does.
  if (env.freed_readers() > 0) {
    diagnosis.warning("stale readers",
                      fmt::format("{} readers had died without leaving", env.freed_readers()),
                      "nothing now: they are removed; but find out who kills workers");
  } else {
    diagnosis.ok("stale readers", "none");
  }
  for (const lmdb::ReaderSlot& reader : readers) {
    const std::uint64_t behind = transactions_behind(statistics, reader);
    if (behind < kFarBehind) continue;
    diagnosis.warning(
        "old readers",
        fmt::format("process {} reads a state that is {} transactions old", reader.process, behind),
        "the database grows meanwhile: look what the process does");
  }
  const auto used = static_cast<double>(readers.size());
  if (used > kNearlyFull * statistics.max_readers) {
    diagnosis.warning("reader slots",
                      fmt::format("{} of {} are taken", readers.size(), statistics.max_readers),
                      "use fewer workers and threads");
  } else {
    diagnosis.ok("reader slots",
                 fmt::format("{} of {} are taken", readers.size(), statistics.max_readers));
  }
}

void check_map(const lmdb::Env& env, Diagnosis& diagnosis) {
  const lmdb::EnvStatistics statistics = env.statistics();
  const std::string found = fmt::format("{} of {} are used", human_size(statistics.used_bytes),
                                        human_size(statistics.map_size));
  const auto used = static_cast<double>(statistics.used_bytes);
  if (used > kNearlyFull * static_cast<double>(statistics.map_size)) {
    diagnosis.warning("map size", found,
                      "set METASET_MAP_SIZE to more for every program that opens the repository");
  } else {
    diagnosis.ok("map size", found);
  }
}

void check_times(const lmdb::Env& env, Diagnosis& diagnosis) {
  const lmdb::ReadTxn txn(env);
  const auto newest = store::View::latest_number(env, txn);
  const auto record = store::View::record_of(env, txn, newest);
  if (!record || record->time <= now()) {
    return diagnosis.ok("clock", fmt::format("metaset {} is not from the future", newest));
  }
  diagnosis.error("clock",
                  fmt::format("metaset {} was made at {}, which is in the future", newest,
                              for_people(record->time)),
                  "set the clock of this machine, or that of the one that commits");
}

}  // namespace

void check_database(const DoctorOptions& options, Diagnosis& diagnosis) {
  if (options.repository.empty() || !store::Repository::is_repository(options.repository)) return;
  diagnosis.topic("database");
  try {
    const store::Repository repository(options.repository, store::Access::kRead);
    check_map(repository.committed(), diagnosis);
    check_readers(repository.committed(), diagnosis);
    check_times(repository.committed(), diagnosis);
  } catch (const Error& error) {
    diagnosis.error("database", error.message(),
                    error.code() == Code::kCorrupt ? "look with `metaset verify`, mend with "
                                                     "`metaset repair`, or restore a backup"
                                                   : "run this as the user that serves it");
  }
}

}  // namespace metaset::app
