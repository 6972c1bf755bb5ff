// Judges payloads that sources offer, and keeps the best one in a temporary file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metaset/store/content_source.h"
#include "metaset/store/incoming_payload.h"
#include "metaset/store/payload_claims.h"

namespace metaset::depot {

// How many claims the payload contradicts, which has the content that its name says.
std::size_t mismatches(const std::vector<store::PayloadClaim>& claims,
                       const store::PayloadFacts& facts);

class PayloadCandidate : public store::PayloadTaker {
 public:
  enum class Depth {
    kContent,  // what the file uncompresses to is looked at, too
    kFile,     // only if not all claims name the SHA-512/256 of the very file that is offered
  };
  // `directory`: of temporary files. `max_content`: if no claim says how large the content is.
  PayloadCandidate(std::string directory, std::string name, std::vector<store::PayloadClaim> claims,
                   std::uint64_t max_content, Depth depth = Depth::kContent);

  void begin() override;
  bool write(std::string_view bytes) override;
  bool end() override;
  std::uint64_t max_size() const override { return max_file_; }

  struct Best {
    std::unique_ptr<store::IncomingPayload> file;
    std::size_t mismatches = 0;
    std::string difference;   // from the first claim that it contradicts
    bool made_again = false;  // compressed here
  };
  // The best that was offered so far.
  std::optional<Best>& best() { return best_; }
  // Why the last one that was offered is no good, or not good enough. Empty: none was offered.
  const std::string& refusal() const { return refusal_; }
  void forget_refusal() { refusal_.clear(); }

 private:
  bool refuse(std::string reason);
  void consider(std::unique_ptr<store::IncomingPayload> file, bool made_again);
  std::unique_ptr<store::IncomingPayload> compressed_again() const;
  bool is_claimed_file() const;
  bool look_inside();

  const std::string directory_, name_;
  const std::vector<store::PayloadClaim> claims_;
  std::uint64_t max_content_, max_file_ = 0;
  bool by_digest_;  // until a file is another one
  std::unique_ptr<store::IncomingPayload> incoming_;
  std::optional<Best> best_;
  std::string refusal_;
};

}  // namespace metaset::depot
