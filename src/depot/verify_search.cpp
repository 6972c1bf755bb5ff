// Verification: the search index.
#include "metaset/store/search_check.h"

#include "depot/verify_context.h"

namespace metaset::depot {

void verify_search(VerifyContext& context) {
  ProgressPhase phase(context.callback, "search index",
                      store::count_search_names(context.env(), context.txn));
  const auto report = [&](const store::SearchFault& fault) {
    const VerifiedPublisher* publisher = context.publisher(fault.publisher);
    if (publisher != nullptr && publisher->damaged) return;
    context.damage(DamageKind::kSearch, context.fmri(fault.publisher, fault.name, {}),
                   fault.reason + "; metaset reindex makes it anew");
  };
  context.guard(DamageKind::kSearch, "search index", [&] {
    store::check_search_index(
        context.env(), context.txn, [&] { phase.step(); }, report);
  });
}

}  // namespace metaset::depot
