#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/commit.h"
#include "metaset/store/layout.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/metaset_writer.h"
#include "metaset/store/rollback.h"

#include "corpus.h"
#include "store_bench.h"

namespace metaset::bench {

namespace {

using Clock = std::chrono::steady_clock;

// What a metaset costs does not depend on the size of manifests, but making them does.
constexpr std::size_t kLongestManifest = 4096;
constexpr std::int64_t kSecondsBetween = 600;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::vector<Package> small_packages(const std::string& corpus) {
  std::vector<Package> packages = read_corpus(corpus, {});
  std::erase_if(packages, [](const Package& p) { return p.body.size() > kLongestManifest; });
  if (packages.empty()) throw Error(Code::kNotFound, corpus + " has no small manifests");
  return packages;
}

// Adds metasets as a commit does, but that no one waits for the disk.
class History {
 public:
  explicit History(lmdb::Env& env) : env_(env) {}

  void add(const Package& package, unsigned build, Time time, bool activate) {
    const std::string text = manifest_of(package, build, time);
    lmdb::WriteTxn txn(env_);
    store::MetasetWriter writer(env_, txn,
                                {"somebody@build.example.org", "one package", time, activate});
    writer.add(writer.publisher(kPublisher),
               store::facts_of(ips::summarize(text), sha1_of(text), writer.put_manifest(text)));
    writer.finish();
    txn.commit();
    last_ = writer.number();
    manifest_bytes_ += store::encode_manifest(text).size();
  }

  store::MetasetNumber last() const { return last_; }

  // What each of them takes in the database beyond its manifest.
  double bytes_each(unsigned count) {
    write_file_rows(count, true);
    const auto added = static_cast<double>(env_.statistics().used_bytes - bytes_before_);
    write_file_rows(count, false);
    return (added - static_cast<double>(manifest_bytes_)) / count;
  }

 private:
  // The rows that finish_commit() adds for catalog files. They have no true digests, because
  // rendering thousands of catalogs would take minutes: so they must not stay.
  void write_file_rows(unsigned count, bool add) {
    lmdb::WriteTxn txn(env_);
    for (store::MetasetNumber number = last_ - count + 1; number <= last_; ++number) {
      for (const std::string& key : file_keys(store::View(env_, txn, number))) {
        if (add) {
          txn.put(env_.table(store::kCatalogFiles), key,
                  store::CatalogFileRecord{sha1_of(key), 1 << 20}.encode());
        } else {
          txn.erase(env_.table(store::kCatalogFiles), key);
        }
      }
    }
    txn.commit();
  }

  // Of those that changed in the metaset: parts, and the update log of its hour.
  static std::vector<std::string> file_keys(const store::View& view) {
    std::vector<std::string> keys;
    const auto found = view.publisher(kPublisher);
    if (!found) return keys;
    const store::PublisherId publisher = found->id;
    const store::PublisherState state = view.state(publisher);
    const auto add = [&](const std::string& name) {
      keys.push_back(store::catalog_file_key(publisher, name, view.number(), state.utf8_feature));
    };
    for (const store::PartState& part : state.parts) {
      if (part.changed_in == view.number()) add(part.name);
    }
    if (const auto log = view.log(publisher, view.record().time.hour(), "C")) {
      add(log->file_name());
    }
    return keys;
  }

  lmdb::Env& env_;
  const std::uint64_t bytes_before_ = env_.statistics().used_bytes;
  store::MetasetNumber last_ = 0;
  std::uint64_t manifest_bytes_ = 0;
};

}  // namespace

void make_history(const std::string& corpus, const std::string& root, unsigned count) {
  const auto start = Clock::now();
  const std::vector<Package> packages = small_packages(corpus);
  lmdb::EnvOptions options;
  options.read_only = false;
  options.sync = false;
  lmdb::Env env(store::committed_directory(root), options, store::committed_tables());
  History history(env);
  Time time = now();
  for (unsigned i = 0; i < count; ++i) {
    time.micros += kSecondsBetween * 1'000'000;
    history.add(packages[i % packages.size()], kFirstNewBuild + i, time, i < count / 2);
  }
  fmt::print("{{\"metasets\": {}, \"last\": {}, \"bytes_each\": {:.0f}, \"seconds\": {:.1f}}}\n",
             count, history.last(), history.bytes_each(count), milliseconds_since(start) / 1000);
}

void measure_rollback(const std::string& root, unsigned over) {
  store::Repository repository(root, store::Access::kWrite);
  store::finish_commit(repository);
  store::RollbackOptions options;
  {
    const lmdb::ReadTxn txn(repository.committed());
    options.number = store::View::latest_number(repository.committed(), txn) - over;
  }
  const auto start = Clock::now();
  const auto record = store::rollback(repository, options);
  const double durable = milliseconds_since(start);
  if (!record) throw Error(Code::kInvalid, "there is nothing to roll back");
  const auto start_finish = Clock::now();
  store::finish_commit(repository);
  fmt::print("{{\"versions\": {}, \"rollback_ms\": {:.1f}, \"finish_ms\": {:.0f}}}\n",
             record->package_versions, durable, milliseconds_since(start_finish));
}

}  // namespace metaset::bench
