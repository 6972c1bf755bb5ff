#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "metaset/base/error.h"
#include "metaset/base/random.h"
#include "metaset/store/access.h"
#include "metaset/store/audit.h"
#include "metaset/store/staging.h"

namespace metaset::store {
namespace {

constexpr std::string_view kPrefix = "mst_";
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kIdDigits = 2 * kIdBytes;
constexpr std::size_t kTokenSize = kPrefix.size() + kIdDigits + 1 + 2 * kSecretBytes;
constexpr std::int64_t kUseInterval = 60;  // seconds

// A plain hash, not one of the slow ones for passwords: nobody can try 2^256 secrets. The salt
// keeps a stolen hash from being recognised elsewhere.
Sha256 hash_of(const std::array<std::uint8_t, 16>& salt, std::string_view token) {
  Hasher hasher(HashKind::kSha256);
  hasher.update(bytes_of(salt));
  hasher.update(token);
  return hasher.finish_sha256();
}

std::string_view id_in(std::string_view token) { return token.substr(kPrefix.size(), kIdDigits); }

std::optional<Time> unless_never(Time time) {
  return time == Time{} ? std::nullopt : std::optional(time);
}

Token token_of(std::string_view id, const TokenRecord& record) {
  return {std::string(id),
          record.name,
          record.created,
          record.who,
          unless_never(record.expires),
          unless_never(record.last_used)};
}

std::optional<Token> find_by_name(const lmdb::Txn& txn, lmdb::Table table, std::string_view name) {
  lmdb::Cursor cursor(txn, table);
  for (bool more = cursor.first(); more; more = cursor.next()) {
    const TokenRecord record = TokenRecord::decode(cursor.value());
    if (record.name == name) return token_of(cursor.key(), record);
  }
  return std::nullopt;
}

void require_token_name(std::string_view name) {
  if (Staging::is_area_name(name)) return;
  throw Error(Code::kInvalid, fmt::format("'{}' is not a name for a token: letters, digits, '.', "
                                          "'_' and '-' are allowed, at most 64",
                                          name));
}

bool is_recent(const TokenRecord& record, Time at) {
  return record.last_used != Time{} && at.seconds() - record.last_used.seconds() < kUseInterval;
}

}  // namespace

bool AccessControl::looks_like_token(std::string_view text) {
  return text.size() == kTokenSize && text.starts_with(kPrefix) &&
         text[kPrefix.size() + kIdDigits] == '_';
}

std::string AccessControl::create_token(std::string_view name, std::optional<Time> expires,
                                        const Actor& actor) {
  require_token_name(name);
  if (expires && *expires <= now()) {
    throw Error(Code::kInvalid, fmt::format("The token '{}' would have expired already, at {}Z.",
                                            name, iso_timestamp(*expires).substr(0, 19)));
  }
  const std::string id = to_hex(random_bytes<kIdBytes>());
  const std::string token =
      fmt::format("{}{}_{}", kPrefix, id, to_hex(random_bytes<kSecretBytes>()));
  TokenRecord record;
  record.name = name;
  record.salt = random_bytes<16>();
  record.hash = hash_of(record.salt, token);
  record.created = now();
  record.who = actor.identity;
  record.expires = expires.value_or(Time{});
  lmdb::WriteTxn txn(env_);
  if (find_by_name(txn, env_.table(kTokens), name)) {
    throw Error(Code::kExists,
                fmt::format("There is a token '{}' already: revoke it first.", name));
  }
  if (!txn.insert(env_.table(kTokens), id, record.encode())) {
    throw Error(Code::kInternal, "two tokens got the same random id");
  }
  Audit(env_).append(txn, {actor.identity, actor.address, "token-create", std::string(name), "ok"});
  txn.commit();
  return token;
}

std::vector<Token> AccessControl::tokens() const {
  std::vector<Token> result;
  const lmdb::ReadTxn txn(env_);
  lmdb::Cursor cursor(txn, env_.table(kTokens));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    result.push_back(token_of(cursor.key(), TokenRecord::decode(cursor.value())));
  }
  std::ranges::sort(result, {}, &Token::name);
  return result;
}

bool AccessControl::revoke_token(std::string_view name, const Actor& actor) {
  lmdb::WriteTxn txn(env_);
  const std::optional<Token> token = find_by_name(txn, env_.table(kTokens), name);
  if (!token) return false;
  txn.erase(env_.table(kTokens), token->id);
  Audit(env_).append(txn, {actor.identity, actor.address, "token-revoke", token->name, "ok"});
  txn.commit();
  return true;
}

std::optional<Token> AccessControl::check_token(std::string_view presented, Time at) {
  if (!looks_like_token(presented)) return std::nullopt;
  std::optional<TokenRecord> record;
  {
    const lmdb::ReadTxn txn(env_);
    // The id is no secret: how long it takes to find it, or not, may show.
    const auto value = txn.get(env_.table(kTokens), id_in(presented));
    if (!value) return std::nullopt;
    record = TokenRecord::decode(*value);
  }
  const Sha256 hash = hash_of(record->salt, presented);
  if (CRYPTO_memcmp(hash.data(), record->hash.data(), hash.size()) != 0) return std::nullopt;
  if (record->expires != Time{} && record->expires <= at) {
    throw Error(Code::kDenied, fmt::format("The token '{}' has expired, at {}Z.", record->name,
                                           iso_timestamp(record->expires).substr(0, 19)));
  }
  if (!is_recent(*record, at)) {
    try {
      note_use(id_in(presented), at);
    } catch (const Error&) {
      // Worth nothing compared with what the caller is here for, which will report the same.
    }
  }
  return token_of(id_in(presented), *record);
}

void AccessControl::note_use(std::string_view id, Time at) {
  lmdb::WriteTxn txn(env_);
  const auto value = txn.get(env_.table(kTokens), id);
  if (!value) return;  // revoked meanwhile
  TokenRecord record = TokenRecord::decode(*value);
  if (is_recent(record, at)) return;  // another request was faster
  record.last_used = at;
  txn.put(env_.table(kTokens), id, record.encode());
  txn.commit();
}

}  // namespace metaset::store
