#include "depot/commit_check_payloads.h"

#include <algorithm>

#include "metaset/base/error.h"

namespace metaset::depot {

void CommitPayloads::look_at(const ips::Fmri& fmri, std::string_view manifest) {
  const auto claims = store::payload_claims(manifest);
  const std::string text = fmri.text();
  for (const store::PayloadClaim& claim : claims) judge(text, claim);
  count_new(fmri, claims);
}

// Packages share payloads: each file is looked at once.
CommitPayloads::Payload& CommitPayloads::payload(const std::string& name) {
  auto [place, is_new] = payloads_.try_emplace(name);
  Payload& payload = place->second;
  if (!is_new) return payload;
  const store::PayloadStore& store = context_.repository.payloads();
  payload.csize = store.csize(name);
  if (!payload.csize || !context_.options.deep) return payload;
  try {
    payload.facts = store.examine(name);
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    payload.damage = error.message();
  }
  return payload;
}

void CommitPayloads::judge(const std::string& fmri, const store::PayloadClaim& claim) {
  const std::string name = claim.hex_name();
  const Payload& found = payload(name);
  if (!found.csize) {
    context_.error("payloads", fmri, "payload " + name + " is missing");
    return;
  }
  std::string wrong = found.damage;
  if (wrong.empty()) {
    wrong = found.facts ? claim.mismatch(*found.facts) : claim.size_mismatch(*found.csize);
  }
  if (!wrong.empty()) {
    context_.error("payloads", fmri, "payload " + name + " is damaged: " + wrong);
  }
}

std::vector<store::PayloadClaim> CommitPayloads::claims_before(const ips::Fmri& fmri) const {
  const store::View& view = context_.view;
  const auto publisher = view.publisher(fmri.publisher);
  if (!publisher) return {};
  Sha256 newest{};
  view.for_each_of(publisher->id, fmri.name,
                   [&](std::string_view, const store::PackageEntry& entry) {
                     newest = entry.manifest;
                     return true;
                   });
  if (newest == Sha256{}) return {};
  const auto stored = view.manifest(newest);
  if (!stored) return {};
  try {
    return store::payload_claims(stored->text());
  } catch (const Error&) {
    return {};  // what is committed already is for `metaset verify` to judge
  }
}

void CommitPayloads::count_new(const ips::Fmri& fmri,
                               const std::vector<store::PayloadClaim>& claims) {
  if (claims.empty()) return;
  std::unordered_set<std::string> before;
  for (const store::PayloadClaim& claim : claims_before(fmri)) before.insert(claim.hex_name());
  for (const store::PayloadClaim& claim : claims) {
    const std::string name = claim.hex_name();
    if (before.contains(name) || !new_.insert(name).second) continue;
    ++context_.report.diff.new_payloads;
    context_.report.diff.new_payload_bytes += payload(name).csize.value_or(0);
  }
}

}  // namespace metaset::depot
