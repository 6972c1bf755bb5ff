// The transfer records of a replication: fetched, checked, and kept until what they need is here.
// Private to the group. Thread-safety: one thread at a time. Errors: replicate.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "metaset/base/progress.h"
#include "metaset/depot/transferred_packages.h"
#include "metaset/group/replicate.h"

#include "group/record_spool.h"
#include "group/replica_sources.h"

namespace metaset::group {

class IncomingRecords {
 public:
  // `directory`: where they are kept. `latest`: the latest metaset here, with its digest; 0: none.
  IncomingRecords(ReplicaSources& sources, const ReplicateOptions& options,
                  const std::string& directory, store::MetasetNumber latest, const Sha256& digest);

  // Finds a source that gives the target, fetches what leads to it, and looks for a trusted
  // statement. kConflict, kNotFound, kDenied, ...
  void fetch(const ProgressCallback& callback);

  store::MetasetNumber first() const { return latest_ + 1; }
  store::MetasetNumber target() const { return target_; }
  const Sha256& target_digest() const { return target_digest_; }
  std::size_t count() const { return spool_.size(); }
  std::string record(store::MetasetNumber number) const {
    return spool_.read(static_cast<std::size_t>(number - first()));
  }
  // The source that gave it.
  std::size_t source_of(store::MetasetNumber number) const {
    return from_.at(static_cast<std::size_t>(number - first()));
  }
  // What the source says that gives the target.
  const depot::TransferOffer& offer() const { return offer_; }
  // The needed ones, by SHA-256 in hex.
  std::map<std::string, depot::TransferredPackages::Manifest> needed_manifests();

 private:
  void choose_target();
  void fetch_record(store::MetasetNumber number, Sha256& parent);
  void require_trusted() const;
  void keep_statements();

  ReplicaSources& sources_;
  const ReplicateOptions& options_;
  const store::MetasetNumber latest_;
  const Sha256 latest_digest_;
  store::MetasetNumber target_ = 0;
  Sha256 target_digest_{};
  std::size_t source_ = 0;
  depot::TransferOffer offer_;
  RecordSpool spool_;
  std::vector<std::size_t> from_;
  std::map<store::MetasetNumber, Sha256> digests_;  // of those that were fetched
  depot::TransferredPackages packages_;
};

[[noreturn]] void throw_stopped();

}  // namespace metaset::group
