// Builds the next metaset inside a write transaction: the one place that adds rows to `committed`.
//
// Commit, import and configuration changes all use it. It writes O(changes) rows. Nothing is
// durable before the transaction commits; if anything throws, abort the transaction. Thread-safety:
// as the transaction. Errors: kExists for a version that is visible already, kNotFound for a
// removal of one that is not, kInvalid for an illegal publisher, kLimit.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/hash.h"
#include "metaset/ips/manifest.h"
#include "metaset/lmdb/lmdb.h"
#include "metaset/store/view.h"

namespace metaset::store {

// What the catalog says of a package version. Texts are JSON arrays (ips::actions_json), empty:
// none.
struct PackageFacts {
  std::string name;
  ips::Version version;
  Sha1 manifest_sha1{};
  Sha256 manifest{};  // all zero: text not known
  std::string dependency;
  std::vector<std::pair<std::string, std::string>> summary;  // locale, text; sorted
  bool obsolete = false, renamed = false;
};
PackageFacts facts_of(const ips::ManifestSummary& summary, const Sha1& sha1, const Sha256& digest);

struct OperationTime {
  Time time;           // {}: the time of the metaset
  bool logged = true;  // false: in no update log
};

class MetasetWriter {
 public:
  struct Options {
    std::string who, message;
    std::optional<Time> time;  // default: now; moved forward until it is newer than the latest one
    bool activate = true;
    // Whether the search index takes in what is added; only for a transaction that never commits
    // it may be false.
    bool index = true;
    std::optional<View::StagedManifests> staged = std::nullopt;  // of a preview
    // Called for each manifest that the search index takes in; may throw.
    std::function<void()> index_step = {};
  };
  MetasetWriter(lmdb::Env& env, lmdb::WriteTxn& txn, Options options);

  MetasetNumber number() const { return record_.number; }
  Time time() const { return record_.time; }
  // The view of what is there so far, including this metaset's changes.
  View view() const {
    return options_.staged ? View(env_, txn_, record_.number, *options_.staged)
                           : View(env_, txn_, record_.number);
  }

  // Finds or adds a publisher (empty catalog).
  PublisherId publisher(std::string_view prefix);
  void add(PublisherId publisher, const PackageFacts& facts, OperationTime when = {});
  // A package version with all that the catalog said of it in an earlier metaset.
  void add_again(PublisherId publisher, const std::string& name, PackageEntry entry,
                 OperationTime when = {});
  void remove(PublisherId publisher, std::string_view name, const ips::Version& version,
              OperationTime when = {});
  // A removal that is known from an update log only: the package was never visible here.
  void remove_unknown(PublisherId publisher, const PackageFacts& facts, OperationTime when);
  void remove_unknown(PublisherId publisher, const std::string& name, PackageEntry entry,
                      OperationTime when);
  // Takes over times of an imported catalog; parts that are not named keep theirs.
  void set_catalog_times(PublisherId publisher, const ips::CatalogAttrs& attrs);
  void set_utf8_feature(PublisherId publisher, bool on);
  void set_config(PublisherId scope, std::string_view json);
  // Stores a manifest text once; gives its SHA-256.
  Sha256 put_manifest(std::string_view text);
  // Stores a text of the catalog once.
  TextId put_text(std::string_view text);
  // For who repeats a metaset of another repository: the state as it was written there. kCorrupt if
  // it counts other packages or operations than there are now.
  void take_state(PublisherId publisher, const PublisherState& state);
  // The same for a configuration: a row also if it says what is there already.
  void take_config(PublisherId scope, std::string_view json);

  // Writes the record; the transaction still has to be committed. False and nothing is written if
  // nothing was changed.
  bool finish();
  const MetasetRecord& record() const { return record_; }

 private:
  struct Pending {
    PublisherState state;
    PublisherChange change;
    std::map<std::pair<std::int64_t, std::string>, LogRecord> logs;
    bool changed = false;
  };
  Pending& pending(PublisherId publisher);
  // Before an addition: counts it.
  void count_addition(Pending& p, PublisherId publisher, const std::string& name,
                      const ips::Version& version);
  PackageEntry entry_of(const PackageFacts& facts);
  void put_package(const Pending& p, PublisherId publisher, const std::string& name,
                   const ips::Version& version, const PackageEntry& entry);
  void log_operation(Pending& p, PublisherId publisher, const PackageEntry& entry,
                     const OperationRecord& operation);
  void touch_part(Pending& p, std::string name, Time time);
  bool has_visible(PublisherId publisher, std::string_view name) const;
  void write_states();
  void write_search_index();

  lmdb::Env& env_;
  lmdb::WriteTxn& txn_;
  Options options_;
  MetasetRecord record_;
  std::map<PublisherId, Pending> pending_;
  std::vector<std::string> added_rows_;  // keys of `packages`
  bool configured_ = false;
};

}  // namespace metaset::store
