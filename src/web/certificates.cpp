#include "web/certificates.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/store/layout.h"

namespace metaset::web {

std::optional<CertificateNames> certificate_names(const store::PayloadStore& payloads,
                                                  const std::string& payload) {
  constexpr std::uint64_t kMost = 64 << 10;  // bytes, compressed or not
  if (!store::is_payload_name(payload)) return std::nullopt;
  try {
    const auto file = read_file_if_exists(payloads.path(payload), kMost);
    if (!file) return std::nullopt;
    return read_certificate_names(gunzip(*file, kMost));
  } catch (const Error& error) {
    // Who looks after the repository is told of damage by verify.
    if (error.code() == Code::kLimit || error.code() == Code::kCorrupt) return std::nullopt;
    throw;
  }
}

}  // namespace metaset::web
