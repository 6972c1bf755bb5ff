// Verification: catalog files on disk have the content that their names promise, packed and not.
#include <algorithm>

#include <fcntl.h>

#include "metaset/base/file.h"
#include "metaset/base/gzip.h"
#include "metaset/store/layout.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kBlock = 64 << 10;
constexpr std::size_t kGunzipPiece = 4 << 10;  // bounds what one piece can uncompress to

// The name of a catalog file is the digest in its `_SIGNATURE`, which is its last member; hashed is
// the file without that (protocol/catalog.md section 5).
class SignatureCheck {
 public:
  explicit SignatureCheck(const std::string& name)
      : name_(name), tail_("\"_SIGNATURE\":{\"sha-1\":\"" + name + "\"}}\n") {}

  void update(std::string_view bytes) {
    held_.append(bytes);
    const std::size_t keep = tail_.size() + 1;  // and the comma before
    if (held_.size() <= keep) return;
    sha1_.update(std::string_view(held_).substr(0, held_.size() - keep));
    held_.erase(0, held_.size() - keep);
  }
  bool finish() {
    if (!held_.ends_with(tail_)) return false;
    held_.erase(held_.size() - tail_.size());
    if (held_.ends_with(',')) held_.pop_back();
    sha1_.update(held_);
    sha1_.update("}\n");
    return to_hex(sha1_.finish_sha1()) == name_;
  }

 private:
  std::string name_, tail_, held_;
  Hasher sha1_{HashKind::kSha1};
};

template <typename Visit>
void read_blocks(const Fd& fd, const std::string& path, const Visit& visit) {
  std::string block(kBlock, '\0');
  for (;;) {
    const std::size_t got = read_some(fd.get(), block.data(), block.size(), path);
    if (got == 0) return;
    visit(std::string_view(block.data(), got));
  }
}

bool plain_is_whole(const Fd& fd, const std::string& path, const std::string& name) {
  SignatureCheck check(name);
  read_blocks(fd, path, [&](std::string_view bytes) { check.update(bytes); });
  return check.finish();
}

bool packed_is_whole(const Fd& fd, const std::string& path, const std::string& name) {
  SignatureCheck check(name);
  GunzipStream gunzip;
  std::string out;
  read_blocks(fd, path, [&](std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kGunzipPiece))) {
      out.clear();
      gunzip.write(bytes.substr(0, kGunzipPiece), out);
      check.update(out);
    }
  });
  if (!gunzip.done()) throw Error(Code::kCorrupt, "the gzip file is cut short");
  return check.finish();
}

bool is_digest(std::string_view name) { return name.size() == 40 && store::is_payload_name(name); }

}  // namespace

void verify_catalog_directory(VerifyContext& context,
                              const std::map<std::string, std::string>& names) {
  const std::string top = store::catalog_directory(context.repository.root());
  for (const std::string& sub : list_directory(top)) {
    if (sub.size() != 2) continue;  // notes and locks
    for (const std::string& file : list_directory(join_path(top, sub))) {
      const bool packed = file.ends_with(".gz");
      const std::string name = file.substr(0, file.size() - (packed ? 3 : 0));
      if (!is_digest(name)) continue;  // a temporary file
      const std::string path = join_path(join_path(top, sub), file);
      const auto known = names.find(name);
      const std::string what =
          "catalog/" + sub + "/" + file + (known == names.end() ? "" : " (" + known->second + ")");
      context.guard(DamageKind::kCatalog, what, [&] {
        const auto fd = open_if_exists(path, O_RDONLY);
        if (!fd) return;  // removed meanwhile: no metaset needs it any more
        ++context.report.catalog_files;
        if (!(packed ? packed_is_whole : plain_is_whole)(*fd, path, name)) {
          throw Error(Code::kCorrupt, "its content does not match its name");
        }
      });
    }
  }
}

}  // namespace metaset::depot
