// A metaset as seen through one transaction: everything that is served is a function of a View.
//
// Lifetime: a View refers to the transaction it was made with and must not outlive it. What it
// returns by value may be kept; StoredManifest points into the transaction. Thread-safety: as the
// transaction. Errors: kNotFound for an unknown metaset, kCorrupt.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/ips/catalog.h"
#include "metaset/ips/fmri.h"
#include "metaset/lmdb/lmdb.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/schema.h"

namespace metaset::store {

struct Publisher {
  PublisherId id = 0;
  std::string prefix;
};

struct UpdateLog {
  std::int64_t hour = 0;
  std::string locale;
  MetasetNumber changed_in = 0;
  LogRecord record;
  std::string file_name() const;  // update.<YYYYMMDD>T<HH>Z.<locale>
};

class View {
 public:
  // The active metaset (0 if there is none yet: an environment that was just created; or none any
  // more: a compact copy has taken its place, store/compact.h).
  static MetasetNumber active_number(const lmdb::Env& env, const lmdb::Txn& txn);
  static MetasetNumber latest_number(const lmdb::Env& env, const lmdb::Txn& txn);

  View(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number);
  // A previewed metaset: manifests that `committed` lacks are those of its staging area.
  struct StagedManifests {
    const lmdb::Txn* txn = nullptr;
    lmdb::Table table;
  };
  View(const lmdb::Env& env, const lmdb::Txn& txn, MetasetNumber number, StagedManifests staged);
  // The same transaction, another metaset.
  View at(MetasetNumber number) const { return {env_, txn_, number, staged_}; }

  MetasetNumber number() const { return number_; }
  const lmdb::Env& env() const { return env_; }
  const lmdb::Txn& txn() const { return txn_; }
  MetasetRecord record() const;
  static std::optional<MetasetRecord> record_of(const lmdb::Env& env, const lmdb::Txn& txn,
                                                MetasetNumber number);

  // All publishers of this metaset: the default one first, then by name.
  std::vector<Publisher> publishers() const;
  std::optional<Publisher> publisher(std::string_view prefix) const;
  std::optional<Publisher> default_publisher() const;
  std::string prefix_of(PublisherId id) const;
  PublisherState state(PublisherId publisher) const;

  // Configuration as JSON text (depot/properties.h knows its members); scope 0 is the repository.
  std::optional<std::string> config(PublisherId scope) const;

  // The package of exactly this version: the one visible in this metaset, else the newest that the
  // repository has (immutable things are served whatever metaset is active).
  std::optional<PackageEntry> find(PublisherId publisher, std::string_view name,
                                   const ips::Version& version) const;
  // The same, only if visible; with the key of its row.
  struct Row {
    std::string key;
    PackageEntry entry;
  };
  std::optional<Row> find_visible(PublisherId publisher, std::string_view name,
                                  const ips::Version& version) const;
  // The visible version of a name that is the last one in catalog order.
  std::optional<PackageEntry> newest(PublisherId publisher, std::string_view name) const;
  // True if the publisher has or had any package in any metaset.
  bool ever_had_packages(PublisherId publisher) const;
  // Visible packages in catalog order (name, then version ascending). Return false to stop.
  using Visitor = std::function<bool(std::string_view name, const PackageEntry& entry)>;
  void for_each(PublisherId publisher, const Visitor& visit) const;
  void for_each_of(PublisherId publisher, std::string_view name, const Visitor& visit) const;

  std::optional<StoredManifest> manifest(const Sha256& digest) const;
  // A JSON array of action strings; empty view if the id is unknown (kCorrupt).
  std::string_view text(const TextId& id) const;

  // Update logs of the publisher up to this metaset, sorted by file name.
  std::vector<UpdateLog> logs(PublisherId publisher) const;
  std::optional<UpdateLog> log(PublisherId publisher, std::int64_t hour,
                               std::string_view locale) const;

 private:
  std::optional<std::pair<std::string_view, MetasetNumber>> row_at(lmdb::Table table,
                                                                   std::uint32_t id) const;
  void scan(const std::string& prefix, const Visitor& visit) const;
  lmdb::Table table(CommittedTable which) const { return env_.table(which); }

  const lmdb::Env& env_;
  const lmdb::Txn& txn_;
  MetasetNumber number_;
  StagedManifests staged_;
};

}  // namespace metaset::store
