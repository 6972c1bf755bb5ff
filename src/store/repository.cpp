#include "metaset/store/repository.h"

#include <cstdlib>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/quantity.h"
#include "metaset/store/layout.h"

namespace metaset::store {

std::uint64_t configured_map_size() {
  const char* text = std::getenv("METASET_MAP_SIZE");
  if (text == nullptr || *text == '\0') return lmdb::EnvOptions{}.map_size;
  const auto size = parse_size(text);
  if (!size || *size == 0 || *size > std::uint64_t{1} << 46) {
    throw Error(Code::kUsage, "METASET_MAP_SIZE: '" + std::string(text) +
                                  "' is not a size (bytes, or a number with K, M, G or T)");
  }
  return *size;
}

namespace {

enum class Open { kRead, kWrite, kCreate };

std::unique_ptr<lmdb::Env> open_env(const std::string& directory, Open how,
                                    const std::vector<std::string>& tables) {
  lmdb::EnvOptions options;
  options.read_only = how == Open::kRead;
  options.create = how == Open::kCreate;
  options.map_size = configured_map_size();
  options.may_be_missing_from = kSearchChains;  // of `committed`; `staging` has fewer tables
  return std::make_unique<lmdb::Env>(directory, options, tables);
}

void require_repository(const std::string& root) {
  if (!Repository::is_repository(root)) {
    throw Error(
        Code::kNotFound,
        root + " is not a metaset repository (make one with: metaset init -d " + root + ")");
  }
}

void require_format(const std::string& root, const lmdb::Env& env, const lmdb::Txn& txn) {
  const auto format = txn.get(env.table(kMeta), "format");
  if (format && *format == kFormat) return;
  throw Error(Code::kCorrupt, root + " has the repository format '" +
                                  std::string(format.value_or("none")) + "'; this program knows '" +
                                  std::string(kFormat) + "'");
}

std::unique_ptr<lmdb::Env> open_committed(const std::string& root, Access access) {
  constexpr int kOpenAttempts = 5;
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    require_repository(root);
    auto env = open_env(committed_directory(root),
                        access == Access::kRead ? Open::kRead : Open::kWrite, committed_tables());
    const lmdb::ReadTxn txn(*env);
    require_format(root, *env, txn);
    // None is active: a compact copy took its place at this moment (compact.h).
    if (View::active_number(*env, txn) != 0) return env;
  }
  throw Error(Code::kUnavailable, root + " is being replaced");
}

}  // namespace

bool Repository::is_repository(const std::string& root) {
  return file_info(join_path(committed_directory(root), "data.mdb")).has_value();
}

void Repository::create(const std::string& root,
                        const std::function<void(lmdb::Env&, lmdb::WriteTxn&)>& first) {
  if (is_repository(root)) throw Error(Code::kExists, root + " is a metaset repository already");
  for (const std::string& directory :
       {root, committed_directory(root), payload_directory(root), catalog_directory(root)}) {
    make_directories(directory);
  }
  // Unpublished packages, grants and the audit are not for the user that serves.
  make_directories(staging_directory(root), 0700);
  open_env(staging_directory(root), Open::kCreate, staging_tables());
  const auto env = open_env(committed_directory(root), Open::kCreate, committed_tables());
  lmdb::WriteTxn txn(*env);
  txn.put(env->table(kMeta), "format", kFormat);
  first(*env, txn);
  txn.commit();
}

void Repository::create(const std::string& root, const std::vector<std::string>& publishers,
                        const std::string& config, const MetasetWriter::Options& options) {
  create(root, [&](lmdb::Env& env, lmdb::WriteTxn& txn) {
    MetasetWriter writer(env, txn, options);
    for (const std::string& prefix : publishers) writer.publisher(prefix);
    writer.set_config(0, config);
    writer.finish();
  });
}

Repository::Repository(std::string root, Access access)
    : root_(std::move(root)),
      committed_(open_committed(root_, access)),
      payloads_(root_),
      catalog_files_(root_),
      outlines_(root_),
      size_notes_(root_) {
  if (access == Access::kWrite) {
    staging_ = open_env(staging_directory(root_), Open::kWrite, staging_tables());
  }
}

bool Repository::follow() {
  committed_->follow();
  if (staging_) staging_->follow();
  // Transactions do it too: what counts is whether it was done since the last time.
  const unsigned generation = committed_->generation() + (staging_ ? staging_->generation() : 0);
  if (generation_.exchange(generation) == generation) return false;
  catalog_files_.forget();
  return true;
}

void Repository::require_write() const {
  if (!staging_) throw Error(Code::kDenied, root_ + " is open for reading only");
}

lmdb::Env& Repository::committed() {
  require_write();
  return *committed_;
}

lmdb::Env& Repository::staging() {
  require_write();
  return *staging_;
}

}  // namespace metaset::store
