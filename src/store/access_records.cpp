// Records of tokens, grants and the audit.
#include <algorithm>

#include "metaset/store/schema.h"

#include "codec.h"

namespace metaset::store {

std::string TokenRecord::encode() const {
  Encoder out;
  out.text(name).raw(salt).raw(hash).time(created).text(who);
  return out.time(expires).time(last_used).take();
}

TokenRecord TokenRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "token");
  TokenRecord r;
  r.name = in.text();
  r.salt = in.raw<16>();
  r.hash = in.raw<32>();
  r.created = in.time();
  r.who = in.text();
  r.expires = in.time();
  r.last_used = in.time();
  return r;
}

std::string GrantRecord::encode() const {
  Encoder out;
  out.text(identity).text(publisher).text(area).u64(rights);
  return out.time(created).text(who).take();
}

GrantRecord GrantRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "grant");
  GrantRecord r;
  r.identity = in.text();
  r.publisher = in.text();
  r.area = in.text();
  r.rights = in.u64();
  r.created = in.time();
  r.who = in.text();
  return r;
}

std::string AuditRecord::encode() const {
  Encoder out;
  out.u64(number).time(time).text(identity).text(address).text(event).text(object).text(result);
  std::string bytes = out.raw(previous).take();
  const Sha256 computed = sha256_of(bytes);
  bytes.append(bytes_of(computed));
  return bytes;
}

AuditRecord AuditRecord::decode(std::string_view bytes) {
  Decoder in(bytes, "audit");
  AuditRecord r;
  r.number = in.u64();
  r.time = in.time();
  r.identity = in.text();
  r.address = in.text();
  r.event = in.text();
  r.object = in.text();
  r.result = in.text();
  r.previous = in.raw<32>();
  r.digest = in.raw<32>();
  return r;
}

namespace {
constexpr std::size_t kDigestSize = sizeof(Sha256);
}  // namespace

Sha256 AuditRecord::stored_digest(std::string_view bytes) {
  Sha256 digest{};
  if (bytes.size() < digest.size()) return digest;
  std::ranges::copy(bytes.substr(bytes.size() - digest.size()),
                    reinterpret_cast<char*>(digest.data()));
  return digest;
}

Sha256 AuditRecord::computed_digest(std::string_view bytes) {
  return sha256_of(bytes.substr(0, bytes.size() - std::min(bytes.size(), kDigestSize)));
}

}  // namespace metaset::store
