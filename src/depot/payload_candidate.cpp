#include "metaset/depot/payload_candidate.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kCandidateBlock = 4096;  // of a gzip file: bounds what it uncompresses to

// The largest gzip file that is worth looking at: deflate never makes content much larger.
std::uint64_t largest_file(std::uint64_t content) { return content + content / 512 + 4096; }

}  // namespace

std::size_t mismatches(const std::vector<store::PayloadClaim>& claims,
                       const store::PayloadFacts& facts) {
  return static_cast<std::size_t>(std::count_if(
      claims.begin(), claims.end(),
      [&](const store::PayloadClaim& claim) { return !claim.mismatch(facts).empty(); }));
}

PayloadCandidate::PayloadCandidate(std::string directory, std::string name,
                                   std::vector<store::PayloadClaim> claims,
                                   std::uint64_t max_content, Depth depth)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      claims_(std::move(claims)),
      max_content_(0),
      by_digest_(depth == Depth::kFile && !claims_.empty() &&
                 std::ranges::all_of(claims_, [](const store::PayloadClaim& claim) {
                   return claim.gzip_sha512t != Sha256{};
                 })) {
  std::uint64_t csize = 0;
  for (const store::PayloadClaim& claim : claims_) {
    if (claim.size != store::kNotClaimed) max_content_ = std::max(max_content_, claim.size);
    if (claim.csize != store::kNotClaimed) csize = std::max(csize, claim.csize);
  }
  const bool known = std::any_of(claims_.begin(), claims_.end(), [](const auto& claim) {
    return claim.size != store::kNotClaimed;
  });
  if (!known) max_content_ = max_content;
  max_file_ = std::max(csize, largest_file(max_content_));
}

void PayloadCandidate::begin() {
  incoming_.reset();
  refusal_.clear();
  using Form = store::IncomingPayload::Form;
  incoming_ = std::make_unique<store::IncomingPayload>(directory_,
                                                       by_digest_ ? Form::kDigest : Form::kGzip);
}

// The publisher has seen what is in it, and the manifest is what the publisher says.
bool PayloadCandidate::is_claimed_file() const {
  const store::PayloadFacts& facts = incoming_->facts();
  return std::ranges::all_of(claims_, [&](const store::PayloadClaim& claim) {
    return claim.gzip_sha512t == facts.gzip_sha512t && claim.size_mismatch(facts.csize).empty();
  });
}

// The file that was received once more, as if it came now.
bool PayloadCandidate::look_inside() {
  by_digest_ = false;
  const std::unique_ptr<store::IncomingPayload> received = std::move(incoming_);
  const Fd fd = open_file(received->temporary_path(), O_RDONLY);
  begin();
  std::string block(256 << 10, '\0');
  for (;;) {
    const std::size_t got =
        read_some(fd.get(), block.data(), block.size(), received->temporary_path());
    if (got == 0) return end();
    if (!write({block.data(), got})) return false;
  }
}

bool PayloadCandidate::refuse(std::string reason) {
  incoming_.reset();
  refusal_ = std::move(reason);
  return false;
}

bool PayloadCandidate::write(std::string_view bytes) {
  try {
    const std::size_t most = by_digest_ ? bytes.size() : kCandidateBlock;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), most))) {
      incoming_->write(bytes.substr(0, most));
      if (incoming_->facts().csize > max_file_) return refuse("it is larger than it can be");
      if (incoming_->facts().size > max_content_) {
        return refuse("its content is larger than " + std::to_string(max_content_) + " bytes");
      }
    }
    return true;
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    return refuse(error.message());
  }
}

bool PayloadCandidate::end() {
  try {
    incoming_->finish();
  } catch (const Error& error) {
    if (error.code() != Code::kCorrupt) throw;
    return refuse(error.message());
  }
  if (by_digest_) {
    if (!is_claimed_file()) return look_inside();
    best_ = Best{std::move(incoming_), 0, {}, false};
    return true;
  }
  if (!incoming_->has_name(name_)) {
    return refuse("its content does not match its name: the SHA-1 is " + incoming_->facts().name);
  }
  if (mismatches(claims_, incoming_->facts()) > 0) {
    // Equal content gives equal bytes, unless they were made by another compressor.
    consider(compressed_again(), true);
  }
  consider(std::move(incoming_), false);
  if (best_ && best_->mismatches == 0) return true;
  refusal_ = best_ ? best_->difference : "";
  return false;
}

void PayloadCandidate::consider(std::unique_ptr<store::IncomingPayload> file, bool made_again) {
  const store::PayloadFacts& facts = file->facts();
  const std::size_t wrong = mismatches(claims_, facts);
  if (best_ && best_->mismatches <= wrong) return;
  std::string difference;
  for (const store::PayloadClaim& claim : claims_) {
    if (difference.empty()) difference = claim.mismatch(facts);
  }
  best_ = Best{std::move(file), wrong, std::move(difference), made_again};
}

std::unique_ptr<store::IncomingPayload> PayloadCandidate::compressed_again() const {
  auto again =
      std::make_unique<store::IncomingPayload>(directory_, store::IncomingPayload::Form::kContent);
  const Fd fd = open_file(incoming_->temporary_path(), O_RDONLY);
  GunzipStream gunzip;
  std::string block(kCandidateBlock, '\0'), content;
  for (;;) {
    const std::size_t got =
        read_some(fd.get(), block.data(), block.size(), incoming_->temporary_path());
    if (got == 0) break;
    content.clear();
    gunzip.write({block.data(), got}, content);
    again->write(content);
  }
  again->finish();
  return again;
}

}  // namespace metaset::depot
