// Collection: what the search index has of manifests that were collected.
#include <algorithm>

#include "metaset/store/search_writer.h"

#include "depot/gc_steps.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kNamesAtOnce = 16;  // in one transaction, which keeps commits out

}  // namespace

void collect_search(GcContext& context) {
  if (context.options.dry_run) return;  // it is not counted
  lmdb::Env& env = context.repository.committed();
  std::vector<std::string> names;
  {
    const lmdb::ReadTxn txn(env);
    names = store::SearchWriter::names_to_collect(env, txn);
  }
  for (std::size_t begin = 0; begin < names.size(); begin += kNamesAtOnce) {
    const std::size_t end = std::min(names.size(), begin + kNamesAtOnce);
    lmdb::WriteTxn txn(env);
    store::SearchWriter writer(env, txn, {});
    for (std::size_t i = begin; i < end; ++i) writer.collect(names[i]);
    txn.commit();
    context.tell("search index", end, names.size());
  }
}

}  // namespace metaset::depot
