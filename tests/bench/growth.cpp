#include <fmt/format.h>

#include "metaset/base/file.h"
#include "metaset/store/commit.h"
#include "metaset/store/layout.h"
#include "metaset/store/manifest_store.h"
#include "metaset/store/repository.h"
#include "metaset/store/search_writer.h"
#include "metaset/store/staging.h"

#include "corpus.h"
#include "store_bench.h"

namespace metaset::bench {

namespace {

constexpr std::int64_t kSecondsBetween = 600;

// The rows that finish_commit() adds for a metaset. Their digests are of no interest here, and
// rendering a thousand catalogs would take minutes.
void record_catalog_files(store::Repository& repository) {
  lmdb::Env& env = repository.committed();
  lmdb::WriteTxn txn(env);
  const store::View view(env, txn, store::View::latest_number(env, txn));
  for (const store::Publisher& publisher : view.publishers()) {
    for (const auto& file : store::list_catalog_files(view, publisher, view.state(publisher.id))) {
      const store::CatalogFileRecord record{sha1_of(file.key()), 1 << 20};
      txn.insert(env.table(store::kCatalogFiles), file.key(), record.encode());
    }
  }
  txn.commit();
}

std::uint64_t index_size(const lmdb::Env& env) {
  const lmdb::ReadTxn txn(env);
  return store::search_index_bytes(env, txn);
}

std::uint64_t compact_size(const lmdb::Env& env) {
  const TemporaryDirectory directory;
  env.copy_compact(directory.path());
  return file_info(join_path(directory.path(), "data.mdb"))->size;
}

}  // namespace

void measure_growth(const std::string& corpus, const std::string& root, unsigned count) {
  const auto packages = candidates(corpus, root, count);
  store::Repository repository(root, store::Access::kWrite);
  store::Staging staging(repository.staging());
  const std::uint64_t file_before = repository.committed().statistics().used_bytes;
  const std::uint64_t pages_before = compact_size(repository.committed());
  const std::uint64_t index_before = index_size(repository.committed());
  std::uint64_t manifests = 0, texts = 0;
  Time time = now();
  store::CommitOptions options;
  options.who = "somebody@build.example.org";
  options.message = "one package";
  for (const Candidate& package : packages) {
    staging.put(store::kDefaultArea, {"bench", 0}, store::ChangeKind::kAdd,
                ips::Fmri::parse(package.fmri), package.manifest);
    time.micros += kSecondsBetween * 1'000'000;
    options.time = time;
    store::commit(repository, options);
    record_catalog_files(repository);
    manifests += store::encode_manifest(package.manifest).size();
    texts += package.manifest.size();
  }
  // Every action of these packages is one that their earlier versions did not have.
  const std::uint64_t index = index_size(repository.committed()) - index_before;
  const auto each = [&](std::uint64_t before, std::uint64_t after) {
    return (static_cast<double>(after - before) - static_cast<double>(manifests + index)) / count;
  };
  fmt::print(
      "{{\"metasets\": {}, \"manifest_bytes_each\": {}, \"bytes_each\": {:.0f}, "
      "\"compact_bytes_each\": {:.0f}, \"index_per_text\": {:.2f}}}\n",
      count, manifests / count, each(file_before, repository.committed().statistics().used_bytes),
      each(pages_before, compact_size(repository.committed())),
      static_cast<double>(index) / static_cast<double>(texts));
}

}  // namespace metaset::bench
