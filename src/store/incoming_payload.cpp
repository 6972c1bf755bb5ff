#include "metaset/store/incoming_payload.h"

#include <algorithm>

#include <fcntl.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"

namespace metaset::store {

namespace {

constexpr std::size_t kFlushAt = 256 << 10;
// Pieces of a gzip body: deflate makes at most a thousandfold of each.
constexpr std::size_t kPiece = 4096;
// Files of at least this size are on their way to the disk while others are still coming: what is
// left for the one sync after all of them is less. Smaller ones are better written together.
constexpr std::uint64_t kWriteBackAt = 128 << 10;

// Waits for nothing. What goes wrong is told by the sync.
void begin_write_back([[maybe_unused]] int fd) {
#ifdef SYNC_FILE_RANGE_WRITE
  static_cast<void>(::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
#endif
}

}  // namespace

struct IncomingPayload::State {
  State(const std::string& directory, Form wanted)
      : form(wanted), file(directory, join_path(directory, "unnamed"), 0644) {
    if (form == Form::kContent) {
      gzip.emplace(kPayloadLevel);
    } else if (form == Form::kGzip) {
      gunzip.emplace();
      sha256.emplace(HashKind::kSha256);
    }
  }

  void take_content(std::string_view bytes) {
    facts.size += bytes.size();
    sha1.update(bytes);
    content.update(bytes);
    if (sha256) sha256->update(bytes);
  }
  void take_file(std::string_view bytes) {
    facts.csize += bytes.size();
    if (form != Form::kDigest) chash.update(bytes);
    gzip_hash.update(bytes);
    file.write(bytes);
  }
  void flush() {
    take_file(buffer);
    buffer.clear();
  }
  void complete() {
    if (form == Form::kDigest) {
      facts.gzip_sha512t = gzip_hash.finish_sha256();
      return;
    }
    if (form == Form::kContent) {
      gzip->finish(buffer);
      flush();
    } else if (!gunzip->done()) {
      throw Error(Code::kCorrupt, "the gzip file is cut short");
    } else {
      sha256_name = to_hex(sha256->finish_sha256());
    }
    facts.name = to_hex(sha1.finish_sha1());
    facts.content_sha512t = content.finish_sha256();
    facts.chash = chash.finish_sha1();
    facts.gzip_sha512t = gzip_hash.finish_sha256();
  }

  Form form;
  AtomicFile file;
  // What only one of the forms needs.
  std::optional<GzipStream> gzip;
  std::optional<GunzipStream> gunzip;
  std::optional<Hasher> sha256;
  Hasher sha1{HashKind::kSha1}, content{HashKind::kSha512t256};
  Hasher chash{HashKind::kSha1}, gzip_hash{HashKind::kSha512t256};
  std::string buffer;
  PayloadFacts facts;
  std::string sha256_name;
};

IncomingPayload::IncomingPayload(const std::string& directory, Form form)
    : state_(std::make_unique<State>(directory, form)) {}
IncomingPayload::~IncomingPayload() = default;

void IncomingPayload::write(std::string_view bytes) {
  State& s = *state_;
  if (s.form == Form::kContent) {
    s.take_content(bytes);
    s.gzip->write(bytes, s.buffer);
    if (s.buffer.size() >= kFlushAt) s.flush();
    return;
  }
  s.take_file(bytes);
  if (s.form == Form::kDigest) return;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPiece))) {
    s.buffer.clear();
    s.gunzip->write(bytes.substr(0, kPiece), s.buffer);
    s.take_content(s.buffer);
  }
}

const PayloadFacts& IncomingPayload::finish() {
  State& s = *state_;
  s.complete();
  if (s.facts.csize >= kWriteBackAt) begin_write_back(s.file.fd());
  return s.facts;
}

const PayloadFacts& IncomingPayload::facts() const { return state_->facts; }

bool IncomingPayload::has_name(std::string_view name) const {
  const State& s = *state_;
  return name == s.facts.name || name == to_hex(s.facts.content_sha512t) ||
         (!s.sha256_name.empty() && name == s.sha256_name);
}

const std::string& IncomingPayload::temporary_path() const { return state_->file.temporary_path(); }

void IncomingPayload::keep_as(const std::string& path) { state_->file.commit_as(path, false); }

}  // namespace metaset::store
