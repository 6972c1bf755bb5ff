// The steps of a collection (gc.h) and what they share. Each step is one function in a file of its
// own, and leaves the repository whole at any point.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "metaset/depot/gc.h"
#include "metaset/store/collected.h"

namespace metaset::depot {

// Publishers as a set of bits. Those with large ids share the last bit: then all of them count.
using PublisherSet = std::uint64_t;
inline constexpr PublisherSet kAllPublishers = ~PublisherSet{0};
PublisherSet set_of(store::PublisherId publisher);

struct DigestHash {
  std::size_t operator()(const Sha256& digest) const;
};
// By SHA-256 of the text: whose package it is the manifest of.
using ManifestOwners = std::unordered_map<Sha256, PublisherSet, DigestHash>;

// Manifests that some metaset needs which can be seen. It only grows: what later metasets removed
// is still in it.
class NeededManifests {
 public:
  explicit NeededManifests(store::CollectedMetasets collected) : collected_(std::move(collected)) {}
  // Takes in what came since the last time; gives what is new.
  ManifestOwners update(const lmdb::Env& env, const lmdb::Txn& txn);
  bool has(const Sha256& digest) const { return owners_.contains(digest); }
  const ManifestOwners& all() const { return owners_; }

 private:
  void take_all(const lmdb::Env& env, const lmdb::Txn& txn, ManifestOwners& fresh);
  void take_since(const lmdb::Env& env, const lmdb::Txn& txn, ManifestOwners& fresh);
  void take(const store::PackageEntry& entry, store::PublisherId publisher, ManifestOwners& fresh);
  void remember(const lmdb::Env& env, const lmdb::Txn& txn);

  const store::CollectedMetasets collected_;
  ManifestOwners owners_;
  store::MetasetNumber latest_ = 0;                            // 0: nothing was taken yet
  std::map<store::PublisherId, std::uint64_t> next_sequence_;  // of operations, at latest_
};

// Payloads that something refers to, and whose packages do. Names are hashes, and 64 bits of them
// are kept: if two should begin alike, one of them is not deleted.
class NeededPayloads {
 public:
  struct Entry {
    std::uint64_t key = 0;
    PublisherSet publishers = 0;
  };
  // nullopt for what is no name of a payload.
  static std::optional<std::uint64_t> key_of(std::string_view name);
  // Any thread, but not while somebody asks.
  void add(const std::vector<Entry>& entries);
  // Whose it is; nobody's: nothing refers to it. Everybody's if it is no name of a payload.
  PublisherSet find(std::string_view name);

 private:
  void compact();
  PublisherSet sorted_find(std::uint64_t key) const;
  std::mutex mutex_;            // guards the rest
  std::vector<Entry> entries_;  // the first ones sorted, each once
  std::size_t sorted_ = 0;
  std::size_t compact_at_ = 1 << 20;
};

struct GcContext {
  store::Repository& repository;
  const GcOptions& options;
  const ProgressCallback& callback;
  GcReport report;
  store::CollectedMetasets collected;  // once all that was planned is done
  void tell(std::string_view phase, std::uint64_t done, std::uint64_t total,
            std::uint64_t bytes = 0) const {
    if (callback) callback({phase, done, total, bytes});
  }
};

// What the rules leave.
struct GcPlan {
  store::CollectedMetasets collected;
  std::vector<store::MetasetNumber> forgotten;  // that were not collected before
};
GcPlan plan_collection(const lmdb::Env& env, const lmdb::Txn& txn, const GcRules& rules);

void forget_metasets(GcContext& context);
// Statements about collected metasets and digests of catalog files that only they have.
void collect_records(GcContext& context);
void collect_manifests(GcContext& context, NeededManifests& needed);
// What the search index has of manifests that are no more.
void collect_search(GcContext& context);
void collect_payloads(GcContext& context, NeededManifests& needed);
void collect_catalog_files(GcContext& context);
void compact(GcContext& context);

}  // namespace metaset::depot
