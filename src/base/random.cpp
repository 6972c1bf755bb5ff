#include "metaset/base/random.h"

#include <cstring>

#include <openssl/rand.h>

#include "metaset/base/error.h"

namespace metaset {

void fill_with_random_bytes(std::uint8_t* bytes, std::size_t size) {
  if (RAND_bytes(bytes, static_cast<int>(size)) != 1) {
    throw Error(Code::kInternal, "OpenSSL has no random bytes");
  }
}

std::uint64_t random_number() {
  const auto bytes = random_bytes<sizeof(std::uint64_t)>();
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace metaset
