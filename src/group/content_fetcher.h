// Gets manifests and payloads from the sources of a replication, checked. Private to the group.
//
// Thread-safety: any thread; every thread that is in a call has connections of its own. Errors:
// kNotFound, or kUnavailable if a source did not answer, when no source has it whole, with what
// each of them said; those of this machine.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "metaset/depot/payload_candidate.h"
#include "metaset/store/repository.h"

#include "group/replica_sources.h"

namespace metaset::group {

class ContentFetcher {
 public:
  ContentFetcher(store::Repository& repository, ReplicaSources& sources, std::uint64_t max_payload)
      : repository_(repository), sources_(sources), max_payload_(max_payload) {}

  // Its text, which has the digest.
  std::string manifest(const store::WantedManifest& wanted);

  struct Taken {
    std::uint64_t bytes = 0;  // of the gzip file
    bool linked = false;      // by a hard link or a reflink
    std::string difference;   // from what manifests claim; empty: none
  };
  // Puts it in its place in the repository, not durable yet. `claims`: all that is known of it.
  Taken payload(const store::WantedPayload& wanted, const std::vector<store::PayloadClaim>& claims);

 private:
  using Connections = std::vector<std::unique_ptr<store::ContentSource>>;  // by source
  class Lease;
  class Attempts;
  Taken put_in_place(const std::string& name, depot::PayloadCandidate::Best& best);
  std::optional<Taken> link(store::ContentSource& source, const std::string& name,
                            const std::vector<store::PayloadClaim>& claims);

  store::Repository& repository_;
  ReplicaSources& sources_;
  const std::uint64_t max_payload_;
  std::mutex mutex_;  // guards idle_
  std::vector<Connections> idle_;
};

}  // namespace metaset::group
