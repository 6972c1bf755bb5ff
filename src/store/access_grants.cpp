#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/ips/version.h"
#include "metaset/store/access.h"
#include "metaset/store/audit.h"

namespace metaset::store {
namespace {

constexpr std::size_t kMaxPattern = 1024;  // bytes
constexpr std::array kRights = {
    std::pair{Right::kPublish, "publish"},   std::pair{Right::kCommit, "commit"},
    std::pair{Right::kActivate, "activate"}, std::pair{Right::kRemove, "remove"},
    std::pair{Right::kAdmin, "admin"},       std::pair{Right::kPreview, "preview"},
};
constexpr std::array<std::string_view, 4> kKinds = {"cert:", "fingerprint:", "user:", "token:"};

constexpr Rights bit_of(Right right) { return static_cast<Rights>(right); }

Right parse_right(std::string_view word) {
  const auto found =
      std::ranges::find_if(kRights, [&](const auto& known) { return known.second == word; });
  if (found != kRights.end()) return found->first;
  throw Error(Code::kInvalid,
              fmt::format("'{}' is not a right: {} are", word, rights_text(~Rights{0})));
}

void require_pattern(std::string_view what, std::string_view pattern) {
  const bool printable = std::ranges::none_of(
      pattern, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (pattern.empty() || pattern.size() > kMaxPattern || !printable) {
    throw Error(Code::kInvalid,
                fmt::format("'{}' is not a pattern for {}: it must have 1 to {} bytes, none of "
                            "them a control character",
                            pattern, what, kMaxPattern));
  }
}

// A grant with a mistyped kind would be accepted and never match.
void require_identity(std::string_view pattern) {
  require_pattern("identities", pattern);
  const bool has_kind = std::ranges::any_of(kKinds, [&](std::string_view kind) {
    return pattern.starts_with(kind) && pattern.size() > kind.size();
  });
  if (has_kind || pattern == "*" || pattern == "anonymous") return;
  throw Error(Code::kInvalid,
              fmt::format("'{}' is not a pattern for identities: it must be cert:SUBJECT, "
                          "fingerprint:HEX, user:NAME, token:NAME, anonymous or *",
                          pattern));
}

// Fingerprints are looked for as lower-case digits; tools also print them as "A1:B2:...".
std::string normal_identity(std::string identity) {
  constexpr std::string_view kKind = "fingerprint:";
  if (!identity.starts_with(kKind)) return identity;
  std::string normal(kKind);
  for (const char c : std::string_view(identity).substr(kKind.size())) {
    if (c != ':') normal += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return normal;
}

Grant grant_of(std::uint64_t number, GrantRecord record) {
  return {number,
          std::move(record.identity),
          record.rights,
          std::move(record.publisher),
          std::move(record.area),
          record.created,
          std::move(record.who)};
}

std::string grant_text(const GrantRecord& grant) {
  return fmt::format("{} {} -p {} -a {}", grant.identity, rights_text(grant.rights),
                     grant.publisher, grant.area);
}

// `rights`: one of them is enough.
bool covers(const GrantRecord& grant, std::string_view identity, Rights rights,
            std::string_view publisher, std::string_view area) {
  return (grant.rights & rights) != 0 && ips::matches_glob(identity, grant.identity) &&
         ips::matches_glob(publisher, grant.publisher) && ips::matches_glob(area, grant.area);
}

}  // namespace

std::string_view right_name(Right right) {
  const auto found =
      std::ranges::find_if(kRights, [&](const auto& known) { return known.first == right; });
  return found == kRights.end() ? "unknown" : found->second;
}

Rights parse_rights(std::string_view text) {
  Rights rights = 0;
  for (bool more = true; more;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    rights |= bit_of(parse_right(text.substr(0, comma)));
    more = comma < text.size();
    if (more) text.remove_prefix(comma + 1);
  }
  return rights;
}

std::string rights_text(Rights rights) {
  std::string text;
  for (const auto& [right, name] : kRights) {
    if ((rights & bit_of(right)) == 0) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

std::uint64_t AccessControl::add_grant(Grant grant, const Actor& actor) {
  require_identity(grant.identity);
  grant.identity = normal_identity(std::move(grant.identity));
  require_pattern("publishers", grant.publisher);
  require_pattern("areas", grant.area);
  if (grant.rights == 0) throw Error(Code::kInvalid, "The grant gives no right.");
  const GrantRecord record{std::move(grant.identity),
                           std::move(grant.publisher),
                           std::move(grant.area),
                           grant.rights,
                           now(),
                           actor.identity};
  lmdb::WriteTxn txn(env_);
  const AuditHead head = Audit(env_).append(
      txn, {actor.identity, actor.address, "grant-add", grant_text(record), "ok"});
  if (!txn.insert(env_.table(kGrants), u64_key(head.number), record.encode())) {
    throw Error(Code::kCorrupt, fmt::format("There is a grant {} already: the end of the audit was "
                                            "cut off (metaset audit --verify).",
                                            head.number));
  }
  txn.commit();
  return head.number;
}

std::vector<Grant> AccessControl::grants() const {
  std::vector<Grant> result;
  const lmdb::ReadTxn txn(env_);
  lmdb::Cursor cursor(txn, env_.table(kGrants));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    result.push_back(grant_of(read_u64(cursor.key()), GrantRecord::decode(cursor.value())));
  }
  return result;
}

bool AccessControl::remove_grant(std::uint64_t number, const Actor& actor) {
  lmdb::WriteTxn txn(env_);
  const auto value = txn.get(env_.table(kGrants), u64_key(number));
  if (!value) return false;
  const std::string text = fmt::format("{}: {}", number, grant_text(GrantRecord::decode(*value)));
  txn.erase(env_.table(kGrants), u64_key(number));
  Audit(env_).append(txn, {actor.identity, actor.address, "grant-remove", text, "ok"});
  txn.commit();
  return true;
}

bool AccessControl::any_grant(const std::function<bool(const GrantRecord&)>& covers) const {
  const lmdb::ReadTxn txn(env_);
  lmdb::Cursor cursor(txn, env_.table(kGrants));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    if (covers(GrantRecord::decode(cursor.value()))) return true;
  }
  return false;
}

bool AccessControl::allowed(std::string_view identity, Right right, std::string_view publisher,
                            std::string_view area) const {
  return any_grant([&](const GrantRecord& grant) {
    return covers(grant, identity, bit_of(right), publisher, area);
  });
}

bool AccessControl::may_see(std::string_view identity, std::string_view publisher,
                            std::string_view area) const {
  constexpr Rights kSeeing = bit_of(Right::kPublish) | bit_of(Right::kPreview);
  return any_grant([&](const GrantRecord& grant) {
    if (!publisher.empty()) return covers(grant, identity, kSeeing, publisher, area);
    return (grant.rights & kSeeing) != 0 && ips::matches_glob(identity, grant.identity) &&
           ips::matches_glob(area, grant.area);
  });
}

bool AccessControl::may_transfer(std::string_view identity) const {
  constexpr Rights kKnowing = bit_of(Right::kPreview) | bit_of(Right::kCommit);
  return any_grant([&](const GrantRecord& grant) {
    return (grant.rights & kKnowing) != 0 && ips::matches_glob(identity, grant.identity) &&
           ips::matches_glob("", grant.publisher);
  });
}

}  // namespace metaset::store
