// Who has signed a package, for this directory: as far as the certificate is in the repository.
#pragma once

#include <optional>
#include <string>

#include "metaset/base/certificate.h"
#include "metaset/store/payloads.h"

namespace metaset::web {

// So many are read for one page or document.
inline constexpr std::size_t kMostCertificates = 20;

// Of the payload; nullopt if it is not here, or no certificate.
std::optional<CertificateNames> certificate_names(const store::PayloadStore& payloads,
                                                  const std::string& payload);

}  // namespace metaset::web
