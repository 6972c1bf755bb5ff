// All payloads that something refers to, sorted, with what is claimed of each.
// Thread-safety: const functions, any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "metaset/store/payload_claims.h"

namespace metaset::depot {

class ClaimedPayloads {
 public:
  using Entry = store::ClaimSet::Entry;
  explicit ClaimedPayloads(std::vector<Entry> sorted);

  std::size_t size() const { return first_.size(); }
  // Of a payload by its number.
  std::span<const Entry> claims(std::size_t number) const;
  std::string name(std::size_t number) const { return claims(number).front().claim.hex_name(); }
  // The number of the first payload with this name or a later one; the names of SHA-1 are sorted as
  // if zeros followed.
  std::size_t position_of(const std::string& name) const;
  bool contains(const std::string& name) const;
  // Distinct ones; none if nothing refers to it.
  std::vector<store::PayloadClaim> claims_of(const std::string& name) const;

 private:
  std::vector<Entry> claims_;
  std::vector<std::size_t> first_;  // of the claims of each payload
};

}  // namespace metaset::depot
