#include "metaset/base/hash.h"

#include <algorithm>

#include <openssl/evp.h>

#include "metaset/base/error.h"

namespace metaset {
namespace {

void require(bool ok) {
  if (!ok) throw Error(Code::kInternal, "OpenSSL could not compute a digest");
}

struct DigestDeleter {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};
struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Digest = std::unique_ptr<EVP_MD, DigestDeleter>;

Digest fetch(const char* name) {
  Digest digest(EVP_MD_fetch(nullptr, name, nullptr));
  require(digest != nullptr);
  return digest;
}

// Fetched once: with EVP_sha1() and its like OpenSSL 3 searches its providers at each start.
const EVP_MD* digest_of(HashKind kind) {
  static const Digest sha1 = fetch("SHA1");
  static const Digest sha256 = fetch("SHA256");
  static const Digest sha512t256 = fetch("SHA512-256");
  switch (kind) {
    case HashKind::kSha1:
      return sha1.get();
    case HashKind::kSha256:
      return sha256.get();
    case HashKind::kSha512t256:
      return sha512t256.get();
  }
  throw Error(Code::kInternal, "unknown kind of hash");
}

// The value of a hex digit, 16 for other characters.
unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return 16;
}

template <typename Array>
Array to_array(std::string_view bytes) {
  Array array;
  require(bytes.size() == array.size());
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

template <typename Array>
std::optional<Array> array_from_hex(std::string_view hex) {
  if (hex.size() != 2 * std::tuple_size_v<Array>) return std::nullopt;
  const std::optional<std::string> bytes = from_hex(hex);
  if (!bytes) return std::nullopt;
  return to_array<Array>(*bytes);
}

}  // namespace

struct Hasher::State {
  explicit State(HashKind which) : kind(which), context(EVP_MD_CTX_new()) {
    require(context != nullptr);
    require(EVP_DigestInit_ex2(context.get(), digest_of(kind), nullptr) == 1);
  }
  // Writes the digest to `out`, which has room for it, and starts anew.
  void finish(unsigned char* out) {
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context.get(), out, &size) == 1);
    require(EVP_DigestInit_ex2(context.get(), nullptr, nullptr) == 1);
  }

  HashKind kind;
  std::unique_ptr<EVP_MD_CTX, ContextDeleter> context;
};

Hasher::Hasher(HashKind kind) : state_(std::make_unique<State>(kind)) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::string_view bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Hasher::finish() {
  if (state_->kind == HashKind::kSha1) return std::string(bytes_of(finish_sha1()));
  return std::string(bytes_of(finish_sha256()));
}

Sha1 Hasher::finish_sha1() {
  if (state_->kind != HashKind::kSha1) throw Error(Code::kInternal, "this hash is not SHA-1");
  Sha1 digest;
  state_->finish(digest.data());
  return digest;
}

Sha256 Hasher::finish_sha256() {
  if (state_->kind == HashKind::kSha1) throw Error(Code::kInternal, "SHA-1 has no 32 bytes");
  Sha256 digest;
  state_->finish(digest.data());
  return digest;
}

// One context per thread and kind: for short texts, making one costs more than hashing.
Sha1 sha1_of(std::string_view bytes) {
  thread_local Hasher hasher(HashKind::kSha1);
  hasher.update(bytes);
  return hasher.finish_sha1();
}

Sha256 sha256_of(std::string_view bytes) {
  thread_local Hasher hasher(HashKind::kSha256);
  hasher.update(bytes);
  return hasher.finish_sha256();
}

Sha256 sha512t256_of(std::string_view bytes) {
  thread_local Hasher hasher(HashKind::kSha512t256);
  hasher.update(bytes);
  return hasher.finish_sha256();
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(2 * bytes.size(), '\0');
  std::size_t at = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex[at++] = kDigits[byte >> 4];
    hex[at++] = kDigits[byte & 15];
  }
  return hex;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = hex_value(hex[2 * i]);
    const unsigned low = hex_value(hex[2 * i + 1]);
    if (high > 15 || low > 15) return std::nullopt;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::optional<Sha1> sha1_from_hex(std::string_view hex) { return array_from_hex<Sha1>(hex); }
std::optional<Sha256> sha256_from_hex(std::string_view hex) { return array_from_hex<Sha256>(hex); }

}  // namespace metaset
