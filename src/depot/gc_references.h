// What refers to payloads: manifests of metasets that can be seen, staged ones, open transactions.
// Thread-safety: one thread.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_set>

#include "metaset/depot/transaction.h"

#include "depot/gc_steps.h"

namespace metaset::depot {

class PayloadReferences {
 public:
  PayloadReferences(GcContext& context, NeededManifests& manifests);

  // Takes in what came since the last time. Staged manifests come first: a commit that happens
  // meanwhile has them in one place or the other.
  void update();

  // Whether nothing refers to the payload; of a publisher: nothing of that publisher.
  bool is_unneeded(std::string_view name, PublisherSet publishers);
  // Whether a client that publishes at this moment may count on the payload: it came, or was asked
  // for, after its transaction was opened.
  bool may_be_counted_on(std::string_view name) const;

 private:
  void read_committed(const ManifestOwners& owners, bool show);
  void read_staged();
  void read_transactions();

  GcContext& context_;
  NeededManifests& manifests_;
  NeededPayloads payloads_;
  std::unordered_set<Sha256, DigestHash> staged_;  // manifests that were read
  Transactions transactions_;
  std::optional<Time> oldest_transaction_;
};

}  // namespace metaset::depot
