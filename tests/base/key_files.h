// Keys in files of a temporary directory.
#pragma once

#include <cstdio>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "metaset/base/file.h"

namespace metaset {

struct KeyFiles {
  // Writes DIRECTORY/name.key and DIRECTORY/name.pub; takes the key.
  void make(const std::string& name, EVP_PKEY* key, const char* password = nullptr) const {
    FILE* file = std::fopen(path(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, key, password == nullptr ? nullptr : EVP_aes_128_cbc(), nullptr, 0,
                         nullptr, const_cast<char*>(password));
    std::fclose(file);
    file = std::fopen(path(name + ".pub").c_str(), "w");
    PEM_write_PUBKEY(file, key);
    std::fclose(file);
    EVP_PKEY_free(key);
  }
  std::string path(const std::string& name) const { return directory.path() + "/" + name; }
  TemporaryDirectory directory;
};

inline EVP_PKEY* ed25519() { return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); }

}  // namespace metaset
