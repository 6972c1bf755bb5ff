// A payload while it is being received: hashed, and compressed if need be, block by block, into a
// temporary file (protocol/formats.md section 4). Memory does not grow with the body.
// Thread-safety: one thread. Errors: kCorrupt for a gzip body that is not one, system errors.
// Destroyed before keep_as(): nothing is left.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "metaset/store/payloads.h"

namespace metaset::store {

class IncomingPayload {
 public:
  enum class Form {
    kContent,  // the bytes are the content; the gzip file is made here
    kGzip,     // the bytes are a gzip file in repository form; it is kept as it is
    kDigest,   // the same, but only its size and SHA-512/256 are found out
  };
  IncomingPayload(const std::string& directory, Form form);
  ~IncomingPayload();
  IncomingPayload(const IncomingPayload&) = delete;
  IncomingPayload& operator=(const IncomingPayload&) = delete;

  void write(std::string_view bytes);
  // All bytes are there. kCorrupt for a gzip file that is cut short. facts().name is the SHA-1.
  const PayloadFacts& finish();
  const PayloadFacts& facts() const;
  // After finish(): whether the content has this name (SHA-1, SHA-256 or SHA-512/256, hex).
  bool has_name(std::string_view name) const;

  const std::string& temporary_path() const;
  // Gives the file its place, in the same file system; replaces what is there. Not synced.
  void keep_as(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace metaset::store
