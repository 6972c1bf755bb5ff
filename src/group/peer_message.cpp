#include "metaset/group/peer_message.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "metaset/base/error.h"

#include "group/bytes.h"

namespace metaset::group {
namespace {

constexpr std::string_view kMessageMagic = "MSP1";
constexpr std::size_t kProof = 16;
constexpr std::size_t kFixed = 4 + 1 + 1 + 8 + 8 + 8 + 4 + 8 + kProof;
static_assert(kFixed + kMaxSender == kMaxPeerMessage);

std::string proof_of(std::string_view text, const Secret& secret) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (::HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes, text.size(),
             digest, &size) == nullptr ||
      size < kProof) {
    throw Error(Code::kInternal, "OpenSSL could not compute an HMAC");
  }
  return {reinterpret_cast<const char*>(digest), kProof};
}

bool is_kind(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(PeerKind::kAnnounce) &&
         kind <= static_cast<std::uint8_t>(PeerKind::kGiven);
}

}  // namespace

std::string encode(const PeerMessage& message, const Secret& secret) {
  if (message.sender.size() > kMaxSender) {
    throw Error(Code::kLimit, fmt::format("'{}': the name of a member has at most {} bytes",
                                          message.sender, kMaxSender));
  }
  std::string out(kMessageMagic);
  put_number(static_cast<std::uint8_t>(message.kind), out);
  put_number(static_cast<std::uint8_t>(message.sender.size()), out);
  out += message.sender;
  put_number(message.nonce, out);
  put_number(message.key, out);
  put_number(message.metaset, out);
  put_number(message.millis, out);
  put_number(message.config, out);
  return out + proof_of(out, secret);
}

std::optional<PeerMessage> decode(std::string_view text, const Secret& secret) {
  if (text.size() < kFixed || text.size() > kMaxPeerMessage) return std::nullopt;
  if (!text.starts_with(kMessageMagic)) return std::nullopt;
  const std::string_view proof = text.substr(text.size() - kProof);
  const std::string_view proven = text.substr(0, text.size() - kProof);
  std::string_view rest = proven.substr(kMessageMagic.size());
  const auto kind = take_number<std::uint8_t>(rest);
  const auto length = take_number<std::uint8_t>(rest);
  if (!is_kind(kind) || text.size() != kFixed + length) return std::nullopt;
  const std::string expected = proof_of(proven, secret);
  if (::CRYPTO_memcmp(expected.data(), proof.data(), kProof) != 0) return std::nullopt;
  PeerMessage message;
  message.kind = static_cast<PeerKind>(kind);
  message.sender = rest.substr(0, length);
  rest.remove_prefix(length);
  message.nonce = take_number<std::uint64_t>(rest);
  message.key = take_number<std::uint64_t>(rest);
  message.metaset = take_number<std::uint64_t>(rest);
  message.millis = take_number<std::uint32_t>(rest);
  message.config = take_number<std::uint64_t>(rest);
  return message;
}

}  // namespace metaset::group
