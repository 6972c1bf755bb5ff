// Verification: the digest of a metaset's changes, made again from the rows it wrote.
#include <algorithm>
#include <optional>

#include "metaset/store/metaset_digest.h"

#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

// What was found wrong with a publisher shows in every metaset that changed it.
bool changed_damaged_publisher(VerifyContext& context, const store::MetasetRecord& record) {
  const auto changed = [&](const VerifiedPublisher& publisher) {
    const bool counted =
        std::any_of(record.publishers.begin(), record.publishers.end(),
                    [&](const auto& change) { return change.publisher == publisher.id; });
    return counted || context.txn.get(context.table(store::kConfig),
                                      store::pair_key(publisher.id, record.number));
  };
  return std::any_of(context.publishers.begin(), context.publishers.end(),
                     [&](const VerifiedPublisher& p) { return p.damaged && changed(p); });
}

// nullopt if it cannot be told because of something that was named before.
std::optional<Sha256> digest_of(VerifyContext& context, store::MetasetNumber number) {
  try {
    return store::content_digest(store::View(context.env(), context.txn, number));
  } catch (const std::exception&) {
    if (context.report.damage.empty()) throw;
    return std::nullopt;
  }
}

void verify_content(VerifyContext& context, const store::MetasetRecord& record) {
  if (changed_damaged_publisher(context, record)) return;
  const auto digest = digest_of(context, record.number);
  if (!digest || *digest == record.content) return;
  throw Error(Code::kCorrupt, "its changes give the digest " + to_hex(*digest) + ", but " +
                                  to_hex(record.content) + " was recorded of them");
}

}  // namespace

void verify_contents(VerifyContext& context) {
  ProgressPhase phase(context.callback, "changes",
                      context.txn.count(context.table(store::kMetasets)));
  lmdb::Cursor cursor(context.txn, context.table(store::kMetasets));
  for (bool more = cursor.first(); more; more = cursor.next()) {
    phase.step();
    if (cursor.key().size() != 8) continue;  // named before
    const store::MetasetNumber number = store::read_u64(cursor.key());
    if (context.damaged_metasets.contains(number)) continue;
    context.guard(DamageKind::kMetaset, "metaset " + std::to_string(number),
                  [&] { verify_content(context, store::MetasetRecord::decode(cursor.value())); });
  }
}

}  // namespace metaset::depot
