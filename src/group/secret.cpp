#include "metaset/group/secret.h"

#include <openssl/rand.h>

#include "metaset/base/error.h"

namespace metaset::group {

Secret new_secret() {
  Secret secret{};
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    throw Error(Code::kInternal, "OpenSSL has no random bytes");
  }
  return secret;
}

}  // namespace metaset::group
