#include "metaset/depot/repository_metrics.h"

#include <algorithm>

#include <sys/statvfs.h>

#include "metaset/base/file.h"
#include "metaset/store/layout.h"
#include "metaset/store/staging.h"

namespace metaset::depot {
namespace {

using metrics::Exposition;
using Type = Exposition::Type;

constexpr std::uint64_t kMicros = 1'000'000;

struct Environment {
  std::string_view name;
  lmdb::EnvStatistics statistics;
  std::vector<lmdb::ReaderSlot> readers;

  Environment(std::string_view called, const lmdb::Env& env)
      : name(called), statistics(env.statistics()), readers(env.readers()) {}
  // How many transactions were committed since the oldest state that somebody reads.
  std::uint64_t oldest_reader() const {
    std::uint64_t oldest = statistics.last_transaction;
    for (const lmdb::ReaderSlot& reader : readers) {
      if (reader.transaction) oldest = std::min(oldest, *reader.transaction);
    }
    return statistics.last_transaction - oldest;
  }
};

void write_environments(const std::vector<Environment>& all, Exposition& out) {
  const auto each = [&](std::string_view name, Type type, std::string_view help,
                        const auto& value) {
    out.family(name, type, help);
    for (const Environment& one : all) {
      out.sample(std::uint64_t{value(one)}, {{"environment", one.name}});
    }
  };
  each("metaset_lmdb_map_bytes", Type::kGauge, "Largest size that the database may have.",
       [](const auto& one) { return one.statistics.map_size; });
  each("metaset_lmdb_used_bytes", Type::kGauge, "Size of the database, free pages included.",
       [](const auto& one) { return one.statistics.used_bytes; });
  each("metaset_lmdb_readers", Type::kGauge, "Slots for readers that are taken.",
       [](const auto& one) { return one.readers.size(); });
  each("metaset_lmdb_readers_max", Type::kGauge, "Slots for readers.",
       [](const auto& one) { return one.statistics.max_readers; });
  each("metaset_lmdb_oldest_reader_transactions", Type::kGauge,
       "Transactions that were committed since the oldest state that is being read.",
       [](const auto& one) { return one.oldest_reader(); });
  each("metaset_lmdb_transactions_total", Type::kCounter,
       "Write transactions since the database was made.",
       [](const auto& one) { return one.statistics.last_transaction; });
}

void write_metasets(const store::View& view, Exposition& out) {
  const auto active = store::View::active_number(view.env(), view.txn());
  const auto newest = store::View::latest_number(view.env(), view.txn());
  out.gauge("metaset_active_metaset", active, "Number of the metaset that is active.");
  out.gauge("metaset_newest_metaset", newest, "Number of the newest metaset.");
  const auto created = [&](std::string_view name, store::MetasetNumber number,
                           std::string_view help) {
    const auto record = store::View::record_of(view.env(), view.txn(), number);
    if (!record) return;
    out.gauge(name, static_cast<std::uint64_t>(record->time.micros) / kMicros, help);
  };
  created("metaset_active_created_timestamp_seconds", active,
          "When the metaset that is active was made, in seconds since 1970.");
  created("metaset_newest_created_timestamp_seconds", newest,
          "When the newest metaset was made, in seconds since 1970.");
}

void write_staging(store::Repository& repository, Exposition& out) {
  const auto areas = store::Staging(repository.staging()).areas();
  std::uint64_t changes = 0;
  for (const store::Area& area : areas) changes += area.record.changes;
  out.gauge("metaset_staging_areas", areas.size(), "Staging areas that have changes.");
  out.gauge("metaset_staged_changes", changes, "Changes that wait in staging areas.");
  out.gauge("metaset_open_transactions",
            list_directory(join_path(store::staging_directory(repository.root()), "open")).size(),
            "Publication transactions that are open.");
}

void write_disk(const std::string& root, Exposition& out) {
  struct statvfs disk {};
  if (::statvfs(root.c_str(), &disk) != 0) return;
  out.gauge("metaset_disk_free_bytes", std::uint64_t{disk.f_bavail} * disk.f_frsize,
            "Free space on the file system of the repository, for ordinary users.");
  out.gauge("metaset_disk_free_inodes", disk.f_favail,
            "Files that can still be made on the file system of the repository.");
}

}  // namespace

void write_repository_metrics(store::Repository& repository, store::Access access,
                              const store::View& view, Exposition& out) {
  write_metasets(view, out);
  const bool writes = access == store::Access::kWrite;
  const store::Repository& reading = repository;
  std::vector<Environment> environments{{"committed", reading.committed()}};
  if (writes) environments.emplace_back("staging", repository.staging());
  write_environments(environments, out);
  if (writes) write_staging(repository, out);
  write_disk(repository.root(), out);
}

}  // namespace metaset::depot
