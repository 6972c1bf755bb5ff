// Signatures with Ed25519 or RSA keys in PEM files, through OpenSSL.
//
// RSA: PKCS#1 v1.5 with SHA-256, at least 2,048 bits. Thread-safety: a key may be used by several
// threads. Errors: kNotFound and kIo of the file; kInvalid for what is no such key, or for one that
// is protected by a password: nobody is asked for one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "metaset/base/hash.h"

struct evp_pkey_st;

namespace metaset {

class Key {
 public:
  // A private key.
  static Key read_private(const std::string& path);
  // A public key, or the one of a certificate.
  static Key read_public(const std::string& path);

  // SHA-256 of the DER form of the public key (SubjectPublicKeyInfo): names the key.
  Sha256 fingerprint() const;
  // Only of a private key.
  std::string sign(std::string_view text) const;
  bool has_signed(std::string_view text, std::string_view signature) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  Key(Handle key, const std::string& path);
  Handle key_;
};

}  // namespace metaset
