// What manifests say of payloads, and whether a file is that.
//
// Thread-safety: functions: any thread; a ClaimSet belongs to one thread at a time.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/hash.h"
#include "metaset/store/payloads.h"

namespace metaset::store {

inline constexpr std::uint64_t kNotClaimed = std::numeric_limits<std::uint64_t>::max();

// A flat record: there can be millions. Hashes that are all zero are not claimed.
struct PayloadClaim {
  Sha256 name{};  // the raw hash; a SHA-1 is followed by zeros
  bool short_name = true;
  std::uint64_t size = kNotClaimed, csize = kNotClaimed;
  Sha1 chash{};
  Sha256 content_sha512t{}, gzip_sha512t{};
  auto operator<=>(const PayloadClaim&) const = default;

  std::string hex_name() const;
  // What is wrong with the payload if it is this file; empty: nothing.
  std::string mismatch(const PayloadFacts& facts) const;
  // The same as far as the size of the compressed file tells.
  std::string size_mismatch(std::uint64_t actual_csize) const;
};

// Claims of a manifest, sorted and distinct. kInvalid if it cannot be parsed or names a payload
// that cannot exist.
std::vector<PayloadClaim> payload_claims(std::string_view manifest);

// Collects claims of many manifests in memory that grows with the distinct ones.
class ClaimSet {
 public:
  struct Entry {
    PayloadClaim claim;
    std::uint32_t publisher = 0;  // a number of the caller's, as `package`
    std::uint32_t package = 0;    // the lowest one with this claim and publisher
  };
  void add(const std::vector<PayloadClaim>& claims, std::uint32_t package,
           std::uint32_t publisher = 0);
  // All that was added, sorted: claims of one payload are neighbours.
  std::vector<Entry> take();

 private:
  void compact();
  std::vector<Entry> entries_;
  std::size_t compact_at_ = 1 << 16;
};

}  // namespace metaset::store
