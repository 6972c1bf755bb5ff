#include "depot/claimed_payloads.h"

#include <algorithm>
#include <utility>

namespace metaset::depot {

namespace {

// As claims are sorted: by the raw name with zeros behind, the longer ones first.
using Order = std::pair<std::string, bool>;
Order order_of(const store::PayloadClaim& claim) {
  return {std::string(bytes_of(claim.name)), claim.short_name};
}
Order order_of(const std::string& name) {
  std::string raw = from_hex(name).value();
  const bool is_short = raw.size() == Sha1{}.size();
  raw.resize(Sha256{}.size());
  return {raw, is_short};
}

bool same_name(const ClaimedPayloads::Entry& a, const ClaimedPayloads::Entry& b) {
  return a.claim.name == b.claim.name && a.claim.short_name == b.claim.short_name;
}

}  // namespace

ClaimedPayloads::ClaimedPayloads(std::vector<Entry> sorted) : claims_(std::move(sorted)) {
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    if (i == 0 || !same_name(claims_[i], claims_[i - 1])) first_.push_back(i);
  }
}

std::span<const ClaimedPayloads::Entry> ClaimedPayloads::claims(std::size_t number) const {
  const std::size_t begin = first_.at(number);
  const std::size_t end = number + 1 < first_.size() ? first_[number + 1] : claims_.size();
  return std::span(claims_).subspan(begin, end - begin);
}

std::size_t ClaimedPayloads::position_of(const std::string& name) const {
  const Order wanted = order_of(name);
  const auto place = std::lower_bound(
      first_.begin(), first_.end(), wanted,
      [&](std::size_t i, const Order& order) { return order_of(claims_[i].claim) < order; });
  return static_cast<std::size_t>(place - first_.begin());
}

bool ClaimedPayloads::contains(const std::string& hex) const {
  const std::size_t position = position_of(hex);
  return position < size() && name(position) == hex;
}

std::vector<store::PayloadClaim> ClaimedPayloads::claims_of(const std::string& hex) const {
  std::vector<store::PayloadClaim> result;
  if (!contains(hex)) return result;
  for (const Entry& entry : claims(position_of(hex))) {
    if (result.empty() || result.back() != entry.claim) result.push_back(entry.claim);
  }
  return result;
}

}  // namespace metaset::depot
