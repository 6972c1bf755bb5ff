// Whom an X.509 certificate is for, for people. Nothing is verified.
// Thread-safety: re-entrant. Errors: none; what is no certificate is nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace metaset {

struct CertificateNames {
  std::string subject, issuer;  // "C=US, O=Example, CN=Jane", UTF-8, at most some hundred bytes
};

// Of the first certificate in a text in PEM form.
std::optional<CertificateNames> read_certificate_names(std::string_view pem);

}  // namespace metaset
