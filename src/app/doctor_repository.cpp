// The directory of the repository: who may do what, space.
#include <algorithm>
#include <cerrno>

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

std::string user_name(uid_t user) {
  const passwd* const entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

struct Place {
  std::string path;
  struct stat status {};
  bool there, missing;  // neither: nobody lets us look
  explicit Place(std::string where)
      : path(std::move(where)),
        there(::stat(path.c_str(), &status) == 0),
        missing(!there && errno == ENOENT) {}
};

// The database that is served comes first: whoever owns it should own the rest.
std::vector<Place> places_of(const std::string& root) {
  std::vector<Place> places;
  for (const std::string& path :
       {store::committed_directory(root), join_path(store::committed_directory(root), "data.mdb"),
        root, store::staging_directory(root), join_path(store::staging_directory(root), "data.mdb"),
        store::payload_directory(root), store::catalog_directory(root)}) {
    places.emplace_back(path);
  }
  return places;
}

// The directories that single files are in, as far as we may look.
std::vector<Place> places_within(const std::string& root) {
  std::vector<Place> places;
  for (const std::string& directory :
       {store::payload_directory(root), store::catalog_directory(root)}) {
    if (::access(directory.c_str(), R_OK | X_OK) != 0) continue;
    for (const std::string& name : list_directory(directory)) {
      Place place(join_path(directory, name));
      if (place.there && S_ISDIR(place.status.st_mode)) places.push_back(std::move(place));
    }
  }
  return places;
}

// False if something is not there, without which the rest means little.
bool check_presence(const std::vector<Place>& places, Diagnosis& diagnosis) {
  for (const Place& place : places) {
    if (!place.missing) continue;
    diagnosis.error("directories", place.path + " is not there",
                    "bring it back from a backup, or look with `metaset verify` and mend with "
                    "`metaset repair`");
    return false;
  }
  return true;
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

bool is_open_to_all(const std::vector<Place>& places, Diagnosis& diagnosis) {
  for (const Place& place : places) {
    if (!place.there || (place.status.st_mode & S_IWOTH) == 0) continue;
    diagnosis.error("permissions", place.path + ": everybody may write to it",
                    "chmod o-w " + place.path);
    return true;
  }
  return false;
}

void check_modes(const std::vector<Place>& places, const std::string& root, Diagnosis& diagnosis) {
  if (is_open_to_all(places, diagnosis) || is_open_to_all(places_within(root), diagnosis)) return;
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
    if (errno == EROFS) {
      diagnosis.error("access", path + " is on a file system that is mounted read-only",
                      "mount it so that it can be written to: workers write locks and catalogs");
      return;
    }
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

void check_space(const std::string& path, Diagnosis& diagnosis) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return;
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::string found = fmt::format("{} are free for {}", human_size(free), path);
  const std::string advice = "make room: `metaset gc`, or a larger disk";
  if (free < kNoSpace) {
    diagnosis.error("space", found, advice);
  } else if (free < kLittleSpace) {
    diagnosis.warning("space", found, advice);
  } else {
    diagnosis.ok("space", found);
  }
  // File systems that make them as they need them say 0.
  const std::string files = fmt::format("{} files can still be made for {}", disk.f_favail, path);
  if (disk.f_files != 0 && disk.f_favail < kFewFiles) {
    diagnosis.warning("inodes", files, "each payload is a file: use a file system with more");
  } else if (disk.f_files != 0) {
    diagnosis.ok("inodes", files);
  }
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
  if (!check_presence(places, diagnosis)) return;
  check_owners(places, diagnosis);
  check_modes(places, options.repository, diagnosis);
  check_access(options.repository, diagnosis);
  check_file_system(options.repository, diagnosis);
}

// Parts of a repository may be on file systems of their own.
void check_disk(const DoctorOptions& options, Diagnosis& diagnosis) {
  if (options.repository.empty()) return;
  diagnosis.topic("disk");
  std::vector<dev_t> seen;
  for (const Place& place : places_of(options.repository)) {
    const dev_t device = place.status.st_dev;
    if (!place.there || std::ranges::find(seen, device) != seen.end()) continue;
    seen.push_back(device);
    check_space(place.path, diagnosis);
  }
}

}  // namespace metaset::app
