#include "metaset/store/payloads.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#ifdef HAVE_LINUX_FS_H
#include <linux/fs.h>
#endif

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/store/incoming_payload.h"
#include "metaset/store/layout.h"
#include "metaset/store/payload_lock.h"

namespace metaset::store {

namespace {

constexpr std::size_t kBlock = 256 << 10;

// Calls visit(bytes) until the end of the file.
template <typename Visit>
void read_blocks(int fd, std::string_view name, const Visit& visit,
                 RateLimiter* limiter = nullptr) {
  std::string block(limiter == nullptr ? kBlock : limiter->portion(kBlock), '\0');
  for (;;) {
    const std::size_t got = read_some(fd, block.data(), block.size(), name);
    if (got == 0) return;
    // What was read counts, not what was wanted: most payloads are smaller than a block.
    if (limiter != nullptr) limiter->take(got);
    visit(std::string_view(block.data(), got));
  }
}

// Gives a complete temporary file its name. False if somebody else was faster.
bool link_as(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  throw system_error(errno, "store payload", to);
}

bool reflink(int from, int to) {
#ifdef FICLONE
  return ::ioctl(to, FICLONE, from) == 0;
#else
  (void)from;
  (void)to;
  return false;
#endif
}

}  // namespace

PayloadStore::PayloadStore(std::string repository) : repository_(std::move(repository)) {}

std::string PayloadStore::path(std::string_view name, std::string_view publisher) const {
  if (!is_payload_name(name)) {
    throw Error(Code::kInvalid, "'" + std::string(name) +
                                    "' is not a payload name: 40 or 64 "
                                    "lower-case hex digits are");
  }
  if (publisher.empty()) return join_path(repository_, payload_path(name));
  if (publisher.front() == '.' || publisher.find('/') != std::string_view::npos) {
    throw Error(Code::kInvalid, "'" + std::string(publisher) + "' is not a publisher");
  }
  return join_path(repository_, payload_path(name, publisher));
}

bool PayloadStore::has(std::string_view name) const { return csize(name).has_value(); }

std::optional<std::uint64_t> PayloadStore::csize(std::string_view name) const {
  const auto info = file_info(path(name));
  if (!info || !info->is_regular) return std::nullopt;
  return info->size;
}

// The inode's change time is the note: it costs no space, and no client sees it, as it would the
// time of the content.
bool PayloadStore::promise(std::string_view name) const {
  const std::string file = path(name);
  // Not between a collection's look at the note and what it does then.
  const PayloadUse use(repository_);
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::chmod(file.c_str(), status.st_mode & 07777) == 0;
}

std::optional<Time> PayloadStore::promised(std::string_view name) const {
  struct stat status {};
  if (::stat(path(name).c_str(), &status) != 0) return std::nullopt;
  return Time{std::int64_t{status.st_ctim.tv_sec} * 1'000'000 + status.st_ctim.tv_nsec / 1000};
}

std::string PayloadStore::prepare_directory(std::string_view name) const {
  std::string target = path(name);
  make_directories(target.substr(0, target.rfind('/')));
  return target;
}

namespace {
template <typename Feed>
PayloadFacts ingest(PayloadStore& store, const std::string& directory, const Feed& feed) {
  make_directories(directory);
  // The name is only known at the end, so the temporary file is linked to it, not renamed.
  IncomingPayload incoming(directory, IncomingPayload::Form::kContent);
  feed(incoming);
  PayloadFacts facts = incoming.finish();
  const std::string target = store.path(facts.name);
  if (!store.has(facts.name)) {
    make_directories(target.substr(0, target.rfind('/')));
    if (link_as(incoming.temporary_path(), target)) return facts;
  }
  const CompressedFacts stored = store.compressed_facts(facts.name);
  facts.csize = stored.csize;
  facts.chash = stored.chash;
  facts.gzip_sha512t = stored.gzip_sha512t;
  return facts;
}
}  // namespace

PayloadFacts PayloadStore::put_file(const std::string& content_path) {
  const Fd fd = open_file(content_path, O_RDONLY);
  return ingest(*this, payload_directory(repository_), [&](IncomingPayload& out) {
    read_blocks(fd.get(), content_path, [&](std::string_view bytes) { out.write(bytes); });
  });
}

PayloadFacts PayloadStore::put_content(std::string_view content) {
  return ingest(*this, payload_directory(repository_),
                [&](IncomingPayload& out) { out.write(content); });
}

Adoption PayloadStore::adopt(const std::string& gzip_path, std::string_view name) {
  // Tried before anything is looked at: mostly it is all that there is to do.
  const std::string target = path(name);
  if (::link(gzip_path.c_str(), target.c_str()) == 0) return Adoption::kLinked;
  if (errno == EEXIST || has(name)) return Adoption::kPresent;
  prepare_directory(name);
  if (::link(gzip_path.c_str(), target.c_str()) == 0) return Adoption::kLinked;
  if (errno == EEXIST) return Adoption::kPresent;
  if (errno == ENOENT) throw system_error(errno, "take over payload", gzip_path);
  const Fd from = open_file(gzip_path, O_RDONLY);
  AtomicFile copy(payload_directory(repository_), target, 0644);
  const bool cloned = reflink(from.get(), copy.fd());
  if (!cloned) {
    read_blocks(from.get(), gzip_path, [&](std::string_view bytes) { copy.write(bytes); });
  }
  copy.commit(false);
  return cloned ? Adoption::kReflinked : Adoption::kCopied;
}

CompressedFacts PayloadStore::compressed_facts(std::string_view name) const {
  const std::string source = path(name);
  const Fd fd = open_file(source, O_RDONLY);
  Hasher chash(HashKind::kSha1), gzip_hash(HashKind::kSha512t256);
  CompressedFacts facts;
  read_blocks(fd.get(), source, [&](std::string_view bytes) {
    facts.csize += bytes.size();
    chash.update(bytes);
    gzip_hash.update(bytes);
  });
  facts.chash = chash.finish_sha1();
  facts.gzip_sha512t = gzip_hash.finish_sha256();
  return facts;
}

PayloadFacts PayloadStore::examine(std::string_view name) const {
  return examine_file(path(name), name);
}

PayloadFacts PayloadStore::examine_file(const std::string& gzip_path, std::string_view name,
                                        RateLimiter* limiter) {
  try {
    return examine_content(gzip_path, name, limiter);
  } catch (Error& error) {
    throw error.during("reading payload " + gzip_path);
  }
}

PayloadFacts PayloadStore::examine_content(const std::string& gzip_path, std::string_view name,
                                           RateLimiter* limiter) {
  const Fd fd = open_file(gzip_path, O_RDONLY);
  Hasher sha1(HashKind::kSha1), sha256(HashKind::kSha256), content(HashKind::kSha512t256);
  Hasher chash(HashKind::kSha1), gzip_hash(HashKind::kSha512t256);
  GunzipStream gunzip;
  PayloadFacts facts;
  facts.name = name;
  std::string out;
  const bool long_name = name.size() == 64;
  const auto visit = [&](std::string_view bytes) {
    facts.csize += bytes.size();
    chash.update(bytes);
    gzip_hash.update(bytes);
    // Pieces, so that a member that uncompresses to gigabytes never stands in memory as a whole.
    for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 4096))) {
      out.clear();
      gunzip.write(bytes.substr(0, 4096), out);
      facts.size += out.size();
      sha1.update(out);
      content.update(out);
      if (long_name) sha256.update(out);
    }
  };
  read_blocks(fd.get(), gzip_path, visit, limiter);
  if (!gunzip.done()) throw Error(Code::kCorrupt, "the gzip file is cut short");
  const std::string digest = to_hex(sha1.finish_sha1());
  facts.content_sha512t = content.finish_sha256();
  facts.chash = chash.finish_sha1();
  facts.gzip_sha512t = gzip_hash.finish_sha256();
  const bool matches =
      long_name ? name == to_hex(facts.content_sha512t) || name == to_hex(sha256.finish_sha256())
                : name == digest;
  if (!matches) {
    throw Error(Code::kCorrupt, "its content does not match its name: the SHA-1 is " + digest);
  }
  return facts;
}

}  // namespace metaset::store
