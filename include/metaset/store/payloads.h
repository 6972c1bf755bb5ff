// The payload store: gzip files named by the hash of their content, immutable, shared by all
// metasets (protocol/formats.md section 4). REPO/file/XX/HASH. REPO/publisher/PUB/file/XX/HASH is
// another link to it for each publisher with a package that has it, now or in the past.
//
// Thread-safety: any number of threads and processes at once; equal content gives equal names, and
// files appear complete under their name (temporary file, then rename or link).
// Errors: kInvalid for illegal names, kCorrupt for content that does not match its name, system
// errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/base/clock.h"
#include "metaset/base/hash.h"
#include "metaset/base/rate_limiter.h"

namespace metaset::store {

// All that manifests say of a payload.
struct PayloadFacts {
  std::string name;          // SHA-1 of the content, hex
  std::uint64_t size = 0;    // of the content, bytes
  std::uint64_t csize = 0;   // of the gzip file, bytes
  Sha1 chash{};              // SHA-1 of the gzip file
  Sha256 content_sha512t{};  // file:sha512t_256
  Sha256 gzip_sha512t{};     // gzip:sha512t_256
};
struct CompressedFacts {
  std::uint64_t csize = 0;
  Sha1 chash{};
  Sha256 gzip_sha512t{};
};

enum class Adoption { kPresent, kLinked, kReflinked, kCopied };
enum class Assignment { kNoPayload, kPresent, kMade };

class PayloadStore {
 public:
  explicit PayloadStore(std::string repository);

  // Absolute; of a publisher's link if one is given. kInvalid for an illegal name.
  std::string path(std::string_view name, std::string_view publisher = {}) const;
  bool has(std::string_view name) const;
  std::optional<std::uint64_t> csize(std::string_view name) const;
  // has(), for those who will count on it while they publish: a collection spares it as long as a
  // transaction is open that was opened before (payload_lock.h). False also if that cannot be
  // noted.
  bool promise(std::string_view name) const;
  // When it came, or was promised last; nullopt if it is not there.
  std::optional<Time> promised(std::string_view name) const;

  // Compresses and stores content. If the payload is there already, the facts are those of the copy
  // that is there (never recompressed).
  PayloadFacts put_file(const std::string& content_path);
  PayloadFacts put_content(std::string_view content);
  // Takes a file in repository form: hard link, else reflink, else copy.
  Adoption adopt(const std::string& gzip_path, std::string_view name);
  // Makes it one of the publisher's: a hard link, else a symbolic one. Called for every payload of
  // a package before the sync() that precedes staging.
  Assignment assign(std::string_view name, std::string_view publisher);
  bool is_assigned(std::string_view name, std::string_view publisher) const;

  // Reads the whole file. examine() uncompresses too, and throws kCorrupt if the content does not
  // have the hash that the file is named by.
  CompressedFacts compressed_facts(std::string_view name) const;
  PayloadFacts examine(std::string_view name) const;
  // `limiter`: how fast it may read; nullptr: as fast as it can.
  static PayloadFacts examine_file(const std::string& gzip_path, std::string_view name,
                                   RateLimiter* limiter = nullptr);

  // Everything that this and other objects stored before is durable when it returns.
  void sync() const;

 private:
  static PayloadFacts examine_content(const std::string& gzip_path, std::string_view name,
                                      RateLimiter* limiter);
  std::string prepare_directory(std::string_view name) const;
  std::string repository_;
};

}  // namespace metaset::store
