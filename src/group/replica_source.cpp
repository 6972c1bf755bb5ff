#include "group/replica_source.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/percent.h"
#include "metaset/net/depot_source.h"
#include "metaset/store/metaset_transfer.h"

namespace metaset::group {

namespace {

struct ReplySink : ByteSink {
  void begin() override { text.clear(); }
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  std::string text;
};

class DepotReplicaSource : public ReplicaSource {
 public:
  DepotReplicaSource(const std::string& url, const net::HttpOptions& http)
      : base_(net::checked_base_url(url)),
        name_(net::url_without_secrets(base_)),
        http_(http),
        client_(http) {}

  const std::string& name() const override { return name_; }
  depot::TransferOffer offer(store::MetasetNumber after) override {
    return depot::parse_transfer_offer(
        get(fmt::format("/api/1/transfer?after={}", after), depot::kMaxTransferOffer));
  }
  std::string record(store::MetasetNumber number) override {
    return get(fmt::format("/api/1/transfer/{}", number), store::kMaxTransferRecord);
  }
  std::unique_ptr<store::ContentSource> content() const override {
    return net::depot_source(base_, http_, net::DepotKind::kMetaset);
  }

 private:
  std::string get(const std::string& path, std::uint64_t limit) {
    ReplySink sink;
    const auto reply = client_.get(base_ + path, limit, net::HttpCoding::kGzip, sink);
    switch (reply.status) {
      case 200:
        return std::move(sink.text);
      case 401:
        throw Error(Code::kDenied, "it wants to know who asks (a token or a certificate)");
      case 403:
        throw Error(Code::kDenied, "who asks may not have its metasets");
      case 404:
        throw Error(Code::kNotFound,
                    "it is no metaset depot, or does not give this to replicas "
                    "(METASET_TRANSFER)");
      default:
        throw Error(Code::kDenied,
                    fmt::format("{}{} was answered with status {}", name_, path, reply.status));
    }
  }

  const std::string base_, name_;
  const net::HttpOptions http_;
  net::HttpClient client_;
};

class DirectoryReplicaSource : public ReplicaSource {
 public:
  explicit DirectoryReplicaSource(const std::string& root)
      : repository_(std::make_shared<store::Repository>(root, store::Access::kRead)) {}

  const std::string& name() const override { return repository_->root(); }
  depot::TransferOffer offer(store::MetasetNumber after) override {
    const lmdb::Env& env = std::as_const(*repository_).committed();
    const lmdb::ReadTxn txn(env);
    return depot::transfer_offer(env, txn, store::View::latest_number(env, txn), after);
  }
  std::string record(store::MetasetNumber number) override {
    const lmdb::Env& env = std::as_const(*repository_).committed();
    const lmdb::ReadTxn txn(env);
    return store::transfer_record(store::View(env, txn, number));
  }
  std::unique_ptr<store::ContentSource> content() const override {
    return store::repository_source(repository_);
  }

 private:
  std::shared_ptr<store::Repository> repository_;
};

}  // namespace

bool is_depot_url(const std::string& from) {
  return from.starts_with("http://") || from.starts_with("https://");
}

std::string replica_directory(const std::string& from) {
  constexpr std::string_view kScheme = "file://";
  if (!from.starts_with(kScheme)) {
    if (from.find("://") == std::string::npos) return from;
    throw Error(Code::kUsage,
                fmt::format("'{}' is neither an http, https or file URL nor a directory",
                            net::url_without_secrets(from)));
  }
  const auto path = percent_decode(std::string_view(from).substr(kScheme.size()));
  if (path && path->starts_with('/')) return *path;
  throw Error(Code::kUsage, fmt::format("'{}' does not name a directory: file:///PATH does", from));
}

std::unique_ptr<ReplicaSource> open_replica_source(const std::string& from,
                                                   const net::HttpOptions& http,
                                                   const std::string& own) {
  if (is_depot_url(from)) return std::make_unique<DepotReplicaSource>(from, http);
  const std::string path = replica_directory(from);
  const auto there = file_info(path), here = file_info(own);
  // An environment must not be opened twice in one process.
  if (there && here && there->device == here->device && there->inode == here->inode) {
    throw Error(Code::kUsage, path + " is the repository that is to get the metasets");
  }
  return std::make_unique<DirectoryReplicaSource>(path);
}

}  // namespace metaset::group
