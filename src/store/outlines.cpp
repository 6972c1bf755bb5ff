#include "metaset/store/outlines.h"

#include <exception>

#include <fcntl.h>
#include <fmt/format.h>

#include "metaset/base/clock.h"
#include "metaset/base/error.h"
#include "metaset/store/layout.h"
#include "metaset/store/version_changes.h"

#include "store/outline_format.h"
#include "store/progress_note.h"
#include "store/shared_directory.h"

namespace metaset::store {

namespace {

constexpr std::int64_t kPruneOutlineAge = 3600;  // seconds: its manifest may be about to come

ProgressNote note_of_outlines(const std::string& repository) {
  return {catalog_directory(repository), join_path(outline_directory(repository), "through")};
}

bool same_paths(const ips::FileTree& one, const ips::FileTree& other) {
  if (one.size() != other.size() || one.bytes() != other.bytes()) return false;
  for (std::size_t place = 0; place < one.size(); ++place) {
    if (!(one.path(place) == other.path(place)) ||
        one.bytes_before(place) != other.bytes_before(place)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Outlines::path(const Sha256& digest) const {
  return join_path(outline_directory(repository_), to_hex(digest));
}

std::optional<Outline> Outlines::open(const Sha256& digest) const {
  try {
    auto file = open_if_exists(path(digest), O_RDONLY);
    if (!file) return std::nullopt;
    Outline outline(*std::move(file), digest);
    return outline;
  } catch (const Error& error) {
    if (error.code() == Code::kCorrupt || is_of_the_disk(error)) return std::nullopt;
    throw;
  }
}

std::optional<Outline> Outlines::get(const Sha256& digest, const StoredManifest& manifest) const {
  if (manifest.size < kSmallestOutlined) return std::nullopt;
  if (auto outline = open(digest)) return outline;
  if (!can_write_catalog(repository_)) return std::nullopt;
  const std::string catalog = catalog_directory(repository_);
  try {
    const FileLock lock(join_path(catalog, "lock." + to_hex(digest).substr(0, 1)));
    if (auto outline = open(digest)) return outline;  // somebody else has made it meanwhile
    make_shared_directory(outline_directory(repository_));
    write_shared_file(catalog, path(digest), write_outline(digest, manifest.text()));
    return open(digest);
  } catch (const Error& error) {
    if (!is_of_the_disk(error)) throw;
    return std::nullopt;
  }
}

void Outlines::discard(const Sha256& digest) const noexcept {
  try {
    remove_file(path(digest));
  } catch (const std::exception&) {
    // It is not used, whether it is there or not.
  }
}

void Outlines::check(const Sha256& digest, const std::string& manifest) const {
  auto file = open_if_exists(path(digest), O_RDONLY);
  if (!file || is_outline_of_other_version(*file)) return;
  const Outline outline(*std::move(file), digest);
  if (!(outline.details() == ips::package_details(manifest)) ||
      !same_paths(*outline.files(), ips::FileTree(manifest))) {
    throw Error(Code::kCorrupt, "it does not say what its manifest says");
  }
}

void Outlines::materialize(const View& view) const {
  if (!can_write_catalog(repository_)) return;
  const ProgressNote note = note_of_outlines(repository_);
  const View before = note.through(view);
  for (const Publisher& publisher : view.publishers()) {
    for_each_changed_version(before, view, publisher, [&](VersionChange&& change) {
      const auto manifest = change.after ? view.manifest(change.after->manifest) : std::nullopt;
      if (!manifest) return;
      try {
        get(change.after->manifest, *manifest);
      } catch (const Error& error) {
        // That is told by verify.
        if (error.code() != Code::kInvalid && error.code() != Code::kCorrupt) throw;
      }
    });
  }
  make_shared_directory(outline_directory(repository_));
  note.write(view);
}

Outlines::Pruned Outlines::prune(const lmdb::Env& env, const lmdb::Txn& txn, bool dry_run) const {
  Pruned pruned;
  const std::int64_t before = now().seconds() - kPruneOutlineAge;
  const std::string directory = outline_directory(repository_);
  for (const std::string& name : list_directory(directory)) {
    const auto digest = sha256_from_hex(name);
    if (!digest || txn.get(env.table(kManifests), bytes_of(*digest))) continue;
    const std::string path = join_path(directory, name);
    const auto info = file_info(path);
    if (!info || !info->is_regular || info->modified >= before) continue;
    if (!dry_run) remove_file(path);
    ++pruned.files;
    pruned.bytes += info->size;
  }
  return pruned;
}

}  // namespace metaset::store
