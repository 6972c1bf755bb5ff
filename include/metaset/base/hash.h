// Digests through OpenSSL's EVP interface. Names are those of protocol/formats.md section 4.2.
// Thread-safety: a Hasher belongs to one thread at a time. Errors: kInternal if OpenSSL fails.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace metaset {

enum class HashKind { kSha1, kSha256, kSha512t256 };

// Raw digest bytes. Value types, comparable, usable as map keys.
using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;

class Hasher {
 public:
  explicit Hasher(HashKind kind);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(std::string_view bytes);
  // Finishes and starts anew. size(): 20 or 32 bytes.
  std::string finish();
  Sha1 finish_sha1();      // only for kSha1
  Sha256 finish_sha256();  // only for the two 32-byte kinds

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha1 sha1_of(std::string_view bytes);
Sha256 sha256_of(std::string_view bytes);
Sha256 sha512t256_of(std::string_view bytes);

// Lower-case hex of any bytes.
std::string to_hex(std::string_view bytes);
template <std::size_t N>
std::string to_hex(const std::array<std::uint8_t, N>& digest) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), N));
}
// The bytes of an array as text, for keys. The view lives as long as the array.
template <std::size_t N>
std::string_view bytes_of(const std::array<std::uint8_t, N>& digest) {
  return {reinterpret_cast<const char*>(digest.data()), N};
}
// nullopt unless the text is hex (either case) of exactly N bytes.
std::optional<std::string> from_hex(std::string_view hex);
std::optional<Sha1> sha1_from_hex(std::string_view hex);
std::optional<Sha256> sha256_from_hex(std::string_view hex);

}  // namespace metaset
