// The directory of the repository: who may do what, space, the database.
#include <algorithm>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"
#include "metaset/store/repository.h"

#include "cli.h"
#include "doctor.h"

namespace metaset::app {
namespace {

constexpr std::uint64_t kLittleSpace = 1 << 30, kNoSpace = 100 << 20;
constexpr std::uint64_t kFewFiles = 10'000;
constexpr std::uint64_t kFarBehind = 1000;  // transactions
constexpr double kNearlyFull = 0.8;

std::string user_name(uid_t user) {
  const passwd* const entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

struct Place {
  std::string path;
  struct stat status {};
  bool there;
  explicit Place(std::string where)
      : path(std::move(where)), there(::stat(path.c_str(), &status) == 0) {}
};

std::vector<Place> places_of(const std::string& root) {
  std::vector<Place> places;
  for (const std::string& path :
       {store::committed_directory(root), join_path(store::committed_directory(root), "data.mdb"),
        store::staging_directory(root), join_path(store::staging_directory(root), "data.mdb"),
        store::payload_directory(root), store::catalog_directory(root)}) {
    places.emplace_back(path);
  }
  return places;
}

void check_owners(const std::vector<Place>& places, Diagnosis& diagnosis) {
  const uid_t owner = places.front().status.st_uid;
  for (const Place& place : places) {
    if (!place.there || place.status.st_uid == owner) continue;
    diagnosis.warning(
        "owner",
        fmt::format("{} belongs to {}, {} to {}", place.path, user_name(place.status.st_uid),
                    places.front().path, user_name(owner)),
        fmt::format("chown {} {}, and run metaset as that user", user_name(owner), place.path));
    return;
  }
  diagnosis.ok("owner", "all belongs to " + user_name(owner));
}

void check_modes(const std::vector<Place>& places, const std::string& root, Diagnosis& diagnosis) {
  for (const Place& place : places) {
    if (!place.there || (place.status.st_mode & S_IWOTH) == 0) continue;
    diagnosis.error("permissions", place.path + ": everybody may write to it",
                    "chmod o-w " + place.path);
    return;
  }
  const Place secret(join_path(store::staging_directory(root), "data.mdb"));
  const Place around(store::staging_directory(root));
  if (secret.there && (secret.status.st_mode & S_IROTH) != 0 &&
      (around.status.st_mode & S_IXOTH) != 0) {
    diagnosis.warning("permissions", secret.path + ": everybody may read what is not released yet",
                      "chmod o-rx " + store::staging_directory(root));
    return;
  }
  diagnosis.ok("permissions", "nobody but owner and group may write");
}

// What whoever serves it needs.
void check_access(const std::string& root, Diagnosis& diagnosis) {
  for (const std::string& path : {store::lock_file_path(root), store::catalog_directory(root)}) {
    if (::access(path.c_str(), W_OK) == 0) continue;
    diagnosis.warning("access", fmt::format("{} cannot write to {}", user_name(::geteuid()), path),
                      "if workers run as this user: chgrp and chmod g+w, as metaset-serve(8) says");
    return;
  }
  diagnosis.ok("access", user_name(::geteuid()) + " can do what workers have to");
}

void check_file_system(const std::string& root, Diagnosis& diagnosis) {
  constexpr std::array<std::uint32_t, 4> kNetwork = {0x6969, 0xFF534D42, 0xFE534D42, 0x65735546};
  struct statfs status {};
  if (::statfs(root.c_str(), &status) != 0) return;
  const auto kind = static_cast<std::uint32_t>(status.f_type);
  if (std::ranges::find(kNetwork, kind) == kNetwork.end()) {
    return diagnosis.ok("file system", "it is local");
  }
  diagnosis.error("file system", root + " is on a network or user file system",
                  "move the repository to a local disk: LMDB needs shared memory");
}

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

void check_files(const DoctorOptions& options, Diagnosis& diagnosis) {
  if (options.repository.empty()) return;
  diagnosis.topic("repository");
  const auto places = places_of(options.repository);
  if (!store::Repository::is_repository(options.repository)) {
    return diagnosis.error("repository", options.repository + " is no repository",
                           "name another directory with -d, or make it one with `metaset init`");
  }
  check_owners(places, diagnosis);
  check_modes(places, options.repository, diagnosis);
  check_access(options.repository, diagnosis);
  check_file_system(options.repository, diagnosis);
}

void check_disk(const DoctorOptions& options, Diagnosis& diagnosis) {
  struct statvfs disk {};
  if (options.repository.empty() || ::statvfs(options.repository.c_str(), &disk) != 0) return;
  diagnosis.topic("disk");
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::string found = human_size(free) + " are free";
  const std::string advice = "make room: `metaset gc`, or a larger disk";
  if (free < kNoSpace) {
    diagnosis.error("space", found, advice);
  } else if (free < kLittleSpace) {
    diagnosis.warning("space", found, advice);
  } else {
    diagnosis.ok("space", found);
  }
  // File systems that make them as they need them say 0.
  const std::string files = fmt::format("{} files can still be made", disk.f_favail);
  if (disk.f_files != 0 && disk.f_favail < kFewFiles) {
    diagnosis.warning("inodes", files, "each payload is a file: use a file system with more");
  } else if (disk.f_files != 0) {
    diagnosis.ok("inodes", files);
  }
}

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
