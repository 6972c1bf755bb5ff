// Outlines: what pages show of large manifests, made once, so that nobody reads megabytes to show
// a page of them. REPO/catalog/outline/SHA256-OF-THE-MANIFEST.
//
// An outline is a pure function of a manifest. It is made when somebody first needs it, or after a
// commit (materialize), and may be deleted at any time. Processes that need the same one at once
// wait for the one that makes it. Where the directory cannot be written there are none, and those
// that are damaged are made anew.
// Thread-safety: Outlines: any thread; an Outline belongs to one at a time. Errors: kInvalid and
// kLimit for what is no manifest, kCorrupt for a damaged one, system errors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "metaset/base/file.h"
#include "metaset/base/hash.h"
#include "metaset/ips/file_tree.h"
#include "metaset/ips/package_details.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/view.h"

namespace metaset::store {

// Smaller manifests are read as fast. Bytes of the text.
inline constexpr std::uint64_t kSmallestOutlined = 256 << 10;

class Outline {
 public:
  // Of the manifest with that digest. kCorrupt if the file is no outline, or that of another one.
  Outline(Fd file, const Sha256& manifest);
  ips::PackageDetails details() const;
  // Reads from the file as long as it lives.
  std::shared_ptr<const ips::FileTree> files() const;

  struct File;

 private:
  std::shared_ptr<const File> file_;
};

class Outlines {
 public:
  explicit Outlines(std::string repository) : repository_(std::move(repository)) {}

  // Of the manifest with that digest. nullopt if it is small, or if there can be none.
  std::optional<Outline> get(const Sha256& digest, const StoredManifest& manifest) const;
  // Removes one that turned out to be damaged, so that it is made anew.
  void discard(const Sha256& digest) const noexcept;
  // kCorrupt if there is one that is damaged, or does not say what the manifest says. One of
  // another version of the format is none.
  void check(const Sha256& digest, const std::string& manifest) const;
  // Makes those of all packages in the view. REPO/catalog/outline/through notes it, so that the
  // next time only what came since is looked at. Manifests that cannot be read are left out.
  void materialize(const View& view) const;
  // Deletes those of manifests that are not in the repository, or only counts them.
  struct Pruned {
    std::uint64_t files = 0, bytes = 0;
  };
  Pruned prune(const lmdb::Env& env, const lmdb::Txn& txn, bool dry_run = false) const;

 private:
  std::string path(const Sha256& digest) const;
  std::optional<Outline> open(const Sha256& digest) const;
  std::string repository_;
};

}  // namespace metaset::store
