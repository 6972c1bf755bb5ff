// Payloads of staged packages, and what clients will have to download. Private.
// Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "metaset/store/payload_claims.h"

#include "depot/commit_check_context.h"

namespace metaset::depot {

class CommitPayloads {
 public:
  explicit CommitPayloads(CommitCheckContext& context) : context_(context) {}
  // kInvalid as store::payload_claims().
  void look_at(const ips::Fmri& fmri, std::string_view manifest);

 private:
  struct Payload {
    std::optional<std::uint64_t> csize;        // nullopt: missing
    std::optional<store::PayloadFacts> facts;  // if they were read
    std::string damage;                        // why they could not be
  };
  Payload& payload(const std::string& name);
  void judge(const std::string& fmri, const store::PayloadClaim& claim);
  void count_new(const ips::Fmri& fmri, const std::vector<store::PayloadClaim>& claims);
  std::vector<store::PayloadClaim> claims_before(const ips::Fmri& fmri) const;

  CommitCheckContext& context_;
  std::unordered_map<std::string, Payload> payloads_;
  std::unordered_set<std::string> new_;
};

}  // namespace metaset::depot
