#include "metaset/base/signing.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

namespace metaset {
namespace {

constexpr std::uint64_t kMaxKeyFile = 64 << 10;
constexpr int kLeastRsaBits = 2048;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct SigningFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, BioFree>;
using SigningContext = std::unique_ptr<EVP_MD_CTX, SigningFree>;

Bio memory_bio(const std::string& text) {
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) throw std::bad_alloc();
  return bio;
}

// In place of the question that OpenSSL would put to the terminal.
int no_password(char*, int, int, void*) { return -1; }

[[noreturn]] void no_key(const std::string& path, const char* what) {
  ERR_clear_error();
  throw Error(Code::kInvalid, path + ": " + what);
}

SigningContext new_signing_context() {
  SigningContext context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

// Ed25519 has no choice of digest.
const EVP_MD* digest_for(const EVP_PKEY* key) {
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void Key::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Key::Key(Handle key, const std::string& path) : key_(std::move(key)) {
  const int kind = EVP_PKEY_get_base_id(key_.get());
  if (kind == EVP_PKEY_ED25519) return;
  if (kind != EVP_PKEY_RSA) no_key(path, "the key must be an Ed25519 or an RSA key");
  if (EVP_PKEY_get_bits(key_.get()) < kLeastRsaBits) {
    no_key(path, "an RSA key must have at least 2048 bits");
  }
}

Key Key::read_private(const std::string& path) {
  const std::string text = read_file(path, kMaxKeyFile);
  const Bio bio = memory_bio(text);
  Handle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) no_key(path, "there is no private key in PEM form that needs no password");
  return {std::move(key), path};
}

Key Key::read_public(const std::string& path) {
  const std::string text = read_file(path, kMaxKeyFile);
  if (Handle key{PEM_read_bio_PUBKEY(memory_bio(text).get(), nullptr, no_password, nullptr)}) {
    return {std::move(key), path};
  }
  ERR_clear_error();
  const std::unique_ptr<X509, CertificateFree> certificate(
      PEM_read_bio_X509(memory_bio(text).get(), nullptr, no_password, nullptr));
  Handle key(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
  if (!key) no_key(path, "there is no public key and no certificate in PEM form");
  return {std::move(key), path};
}

Sha256 Key::fingerprint() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) throw Error(Code::kInternal, "OpenSSL could not write a public key");
  const Sha256 digest = sha256_of(
      std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  return digest;
}

std::string Key::sign(std::string_view text) const {
  const SigningContext context = new_signing_context();
  std::size_t size = 0;
  std::string signature;
  const bool ok = EVP_DigestSignInit(context.get(), nullptr, digest_for(key_.get()), nullptr,
                                     key_.get()) == 1 &&
                  EVP_DigestSign(context.get(), nullptr, &size, as_bytes(text), text.size()) == 1;
  if (ok) signature.resize(size);
  if (!ok || EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                            &size, as_bytes(text), text.size()) != 1) {
    ERR_clear_error();
    throw Error(Code::kInternal, "OpenSSL could not sign");
  }
  signature.resize(size);
  return signature;
}

bool Key::has_signed(std::string_view text, std::string_view signature) const {
  const SigningContext context = new_signing_context();
  const bool ok = EVP_DigestVerifyInit(context.get(), nullptr, digest_for(key_.get()), nullptr,
                                       key_.get()) == 1 &&
                  EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(),
                                   as_bytes(text), text.size()) == 1;
  ERR_clear_error();  // one that is wrong leaves an error behind
  return ok;
}

}  // namespace metaset
