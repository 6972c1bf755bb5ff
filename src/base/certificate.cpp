#include "metaset/base/certificate.h"

#include <memory>
#include <new>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace metaset {
namespace {

constexpr std::size_t kMostText = 64 << 10;  // bytes of a certificate
constexpr std::size_t kMostName = 500;       // bytes

struct BioCloser {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateCloser {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using OpenBio = std::unique_ptr<BIO, BioCloser>;

int no_password_at_all(char*, int, int, void*) { return -1; }

std::string name_text(const X509_NAME* name) {
  const OpenBio out(BIO_new(BIO_s_mem()));
  if (!out) throw std::bad_alloc();
  // As RFC 2253 escapes, but in the order of the certificate and with other letters as they are.
  constexpr unsigned long kForm = (ASN1_STRFLGS_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) |
                                  XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN |
                                  XN_FLAG_DUMP_UNKNOWN_FIELDS;
  if (name == nullptr || X509_NAME_print_ex(out.get(), name, 0, kForm) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  std::string text(data, size > 0 ? static_cast<std::size_t>(size) : 0);
  if (text.size() <= kMostName) return text;
  std::size_t end = kMostName;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

std::optional<CertificateNames> read_certificate_names(std::string_view pem) {
  if (pem.size() > kMostText) return std::nullopt;
  const OpenBio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!in) throw std::bad_alloc();
  const std::unique_ptr<X509, CertificateCloser> certificate(
      PEM_read_bio_X509(in.get(), nullptr, no_password_at_all, nullptr));
  if (!certificate) {
    ERR_clear_error();
    return std::nullopt;
  }
  CertificateNames names{name_text(X509_get_subject_name(certificate.get())),
                         name_text(X509_get_issuer_name(certificate.get()))};
  ERR_clear_error();
  return names;
}

}  // namespace metaset
