#include <chrono>

#include <fmt/format.h>

#include "metaset/store/repository.h"
#include "metaset/store/search_writer.h"

#include "store_bench.h"

namespace metaset::bench {

namespace {

// Of all manifests that are in it, each once.
std::uint64_t text_bytes(const lmdb::Env& env, const lmdb::Txn& txn) {
  std::uint64_t bytes = 0;
  lmdb::Cursor cursor(txn, env.table(store::kManifests));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    bytes += store::decode_manifest(cursor.value()).size;
  }
  return bytes;
}

}  // namespace

void measure_indexing(const std::string& root) {
  store::Repository repository(root, store::Access::kWrite);
  const auto start = std::chrono::steady_clock::now();
  store::rebuild_search_index(repository.committed());
  const auto taken = std::chrono::steady_clock::now() - start;
  const lmdb::Env& env = std::as_const(repository).committed();
  const lmdb::ReadTxn txn(env);
  fmt::print("{{\"seconds\": {:.2f}, \"index_bytes\": {}, \"text_bytes\": {}}}\n",
             std::chrono::duration<double>(taken).count(), store::search_index_bytes(env, txn),
             text_bytes(env, txn));
}

}  // namespace metaset::bench
