// The manifests and payloads that the records of a replication need: what is not here is fetched,
// by several threads, and durable when this returns. Private to the group.
// Thread-safety: one thread at a time. Errors: replicate.h.
#pragma once

#include "metaset/base/progress.h"
#include "metaset/depot/incoming_metasets.h"
#include "metaset/group/replicate.h"

#include "group/content_fetcher.h"
#include "group/incoming_records.h"

namespace metaset::group {

class IncomingContent {
 public:
  IncomingContent(store::Repository& repository, depot::IncomingMetasets& incoming,
                  ReplicaSources& sources, const ReplicateOptions& options,
                  const ProgressCallback& callback, ReplicateResult& result);
  void take(IncomingRecords& records);

 private:
  struct Manifest {
    std::string digest;  // hex
    depot::TransferredPackages::Manifest of;
  };
  struct TakenManifest;
  struct Payload {
    std::size_t first = 0, end = 0;  // of claims_
  };
  struct TakenPayload;

  void take_manifests();
  TakenManifest take_manifest(const Manifest& manifest);
  void take_payloads();
  TakenPayload take_payload(const Payload& payload);
  std::uint32_t number_of(const std::string& publisher);
  void fail(const Error& error);
  void require_all(std::string_view what) const;
  void check_stop() const;

  store::Repository& repository_;
  depot::IncomingMetasets& incoming_;
  ContentFetcher fetcher_;
  const ReplicateOptions& options_;
  const unsigned threads_;
  const ProgressCallback& callback_;
  ReplicateResult& result_;

  std::vector<Manifest> manifests_;
  std::vector<std::string> publishers_;  // of which claims have the number
  store::ClaimSet claim_set_;
  std::vector<store::ClaimSet::Entry> claims_;
  std::vector<std::string> failures_;
  Code code_ = Code::kNotFound;  // of the failures
};

}  // namespace metaset::group
