#include "metaset/store/payload_claims.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "metaset/base/error.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/layout.h"

namespace metaset::store {

namespace {

PayloadClaim claim_of(std::string_view name) {
  if (!is_payload_name(name)) {
    throw Error(Code::kInvalid, "'" + std::string(name) + "' is not a payload hash");
  }
  const std::string raw = from_hex(name).value();
  PayloadClaim claim;
  claim.short_name = raw.size() == Sha1{}.size();
  std::copy(raw.begin(), raw.end(), claim.name.begin());
  return claim;
}

// What is not a number or a hash claims nothing: clients do not use it either.
void claim_number(const std::string* text, std::uint64_t& number) {
  std::uint64_t value = 0;
  if (text == nullptr) return;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size()) number = value;
}
void claim_hash(std::string_view text, Sha1& hash) {
  if (const auto value = sha1_from_hex(text)) hash = *value;
}
void claim_hash(std::string_view text, Sha256& hash) {
  if (const auto value = sha256_from_hex(text)) hash = *value;
}

PayloadClaim claim_of(const ips::Action& action) {
  PayloadClaim claim = claim_of(action.hash());
  claim_number(action.value("pkg.size"), claim.size);
  claim_number(action.value("pkg.csize"), claim.csize);
  if (const std::string* chash = action.value("chash")) claim_hash(*chash, claim.chash);
  const auto* hashes = action.values("pkg.content-hash");
  if (hashes == nullptr) return claim;
  constexpr std::string_view kContent = "file:sha512t_256:", kGzip = "gzip:sha512t_256:";
  for (const std::string_view hash : *hashes) {
    if (hash.starts_with(kContent)) claim_hash(hash.substr(kContent.size()), claim.content_sha512t);
    if (hash.starts_with(kGzip)) claim_hash(hash.substr(kGzip.size()), claim.gzip_sha512t);
  }
  return claim;
}

std::vector<std::string> words(const std::string* text) {
  std::vector<std::string> result;
  std::string_view rest = text != nullptr ? std::string_view(*text) : std::string_view();
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.empty()) return result;
    const std::size_t end = std::min(rest.find(' '), rest.size());
    result.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
}

// Chain certificates stand in parallel lists (protocol/formats.md section 5).
void add_chain(const ips::Action& signature, std::vector<PayloadClaim>& out) {
  const auto names = words(signature.value("chain"));
  const auto sizes = words(signature.value("chain.sizes"));
  const auto csizes = words(signature.value("chain.csizes"));
  const auto chashes = words(signature.value("chain.chashes"));
  for (std::size_t i = 0; i < names.size(); ++i) {
    PayloadClaim claim = claim_of(names[i]);
    if (sizes.size() == names.size()) claim_number(&sizes[i], claim.size);
    if (csizes.size() == names.size()) claim_number(&csizes[i], claim.csize);
    if (chashes.size() == names.size()) claim_hash(chashes[i], claim.chash);
    out.push_back(claim);
  }
}

std::string differs(std::string_view what, std::uint64_t claimed, std::uint64_t actual) {
  return std::string(what) + " is " + std::to_string(actual) + ", the manifest says " +
         std::to_string(claimed);
}

}  // namespace

std::string PayloadClaim::hex_name() const {
  return to_hex(bytes_of(name).substr(0, short_name ? Sha1{}.size() : name.size()));
}

std::string PayloadClaim::size_mismatch(std::uint64_t actual) const {
  return csize == kNotClaimed || csize == actual ? "" : differs("its pkg.csize", csize, actual);
}

std::string PayloadClaim::mismatch(const PayloadFacts& facts) const {
  if (csize != kNotClaimed && csize != facts.csize) return size_mismatch(facts.csize);
  if (size != kNotClaimed && size != facts.size) return differs("its pkg.size", size, facts.size);
  if (chash != Sha1{} && chash != facts.chash) {
    return "its chash is " + to_hex(facts.chash) + ", the manifest says " + to_hex(chash);
  }
  if (gzip_sha512t != Sha256{} && gzip_sha512t != facts.gzip_sha512t) {
    return "its gzip:sha512t_256 is " + to_hex(facts.gzip_sha512t) + ", the manifest says " +
           to_hex(gzip_sha512t);
  }
  if (content_sha512t != Sha256{} && content_sha512t != facts.content_sha512t) {
    return "its file:sha512t_256 is " + to_hex(facts.content_sha512t) + ", the manifest says " +
           to_hex(content_sha512t);
  }
  return {};
}

std::vector<PayloadClaim> payload_claims(std::string_view manifest) {
  std::vector<PayloadClaim> claims;
  ips::for_each_action(manifest, [&](ips::Action&& action, std::size_t line) {
    if (!ips::has_payload(action.type())) return;
    try {
      if (!action.hash().empty()) claims.push_back(claim_of(action));
      if (action.type() == ips::ActionType::kSignature) add_chain(action, claims);
    } catch (const Error& error) {
      throw Error(error.code(), "line " + std::to_string(line) + ": " + error.message());
    }
  });
  std::sort(claims.begin(), claims.end());
  claims.erase(std::unique(claims.begin(), claims.end()), claims.end());
  return claims;
}

void ClaimSet::add(const std::vector<PayloadClaim>& claims, std::uint32_t package,
                   std::uint32_t publisher) {
  for (const PayloadClaim& claim : claims) entries_.push_back({claim, publisher, package});
  if (entries_.size() >= compact_at_) compact();
}

void ClaimSet::compact() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    const auto order = a.claim <=> b.claim;
    if (order != 0) return order < 0;
    return std::tie(a.publisher, a.package) < std::tie(b.publisher, b.package);
  });
  entries_.erase(std::unique(entries_.begin(), entries_.end(),
                             [](const Entry& a, const Entry& b) {
                               return a.claim == b.claim && a.publisher == b.publisher;
                             }),
                 entries_.end());
  compact_at_ = std::max<std::size_t>(compact_at_, entries_.size() * 2);
}

std::vector<ClaimSet::Entry> ClaimSet::take() {
  compact();
  return std::move(entries_);
}

}  // namespace metaset::store
