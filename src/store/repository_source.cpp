// A metaset repository on this machine as a source of manifests and payloads.
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/ips/manifest.h"
#include "metaset/store/content_source.h"
#include "metaset/store/repository.h"

namespace metaset::store {

namespace {

class RepositorySource : public ContentSource {
 public:
  explicit RepositorySource(std::shared_ptr<Repository> repository)
      : repository_(std::move(repository)) {}

  const std::string& name() const override { return repository_->root(); }

  bool manifest(const WantedManifest& wanted, const ManifestTaker& take) override {
    const lmdb::Env& env = std::as_const(*repository_).committed();
    const lmdb::ReadTxn txn(env);
    const auto value = txn.get(env.table(kManifests), bytes_of(wanted.digest));
    if (!value) return false;
    const StoredManifest stored = decode_manifest(*value);
    if (stored.size > ips::kMaxManifestText) throw Error(Code::kCorrupt, "damaged manifest");
    return take(stored.text());
  }

  bool payload(const WantedPayload& wanted, PayloadTaker& taker) override {
    return offer_payload_file(payload_file(wanted.name), taker);
  }
  std::string payload_file(const std::string& payload) override {
    return repository_->payloads().path(payload);
  }

 private:
  std::shared_ptr<Repository> repository_;
};

}  // namespace

std::unique_ptr<ContentSource> repository_source(const std::string& root) {
  return repository_source(std::make_shared<Repository>(root, Access::kRead));
}
std::unique_ptr<ContentSource> repository_source(std::shared_ptr<Repository> repository) {
  return std::make_unique<RepositorySource>(std::move(repository));
}

bool offer_payload_file(const std::string& path, PayloadTaker& taker) {
  constexpr std::size_t kAtOnce = 256 << 10;
  // Not to wait for a writer, should it be a pipe.
  const auto fd = open_if_exists(path, O_RDONLY | O_NONBLOCK);
  struct stat info {};
  if (!fd) return false;
  if (::fstat(fd->get(), &info) != 0) throw system_error(errno, "cannot examine", path);
  if (!S_ISREG(info.st_mode)) return false;
  taker.begin();
  std::string block(kAtOnce, '\0');
  for (;;) {
    const std::size_t got = read_some(fd->get(), block.data(), block.size(), path);
    if (got == 0) return taker.end();
    if (!taker.write({block.data(), got})) return false;
  }
}

}  // namespace metaset::store
