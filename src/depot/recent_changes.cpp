#include "metaset/depot/recent_changes.h"

namespace metaset::depot {

std::vector<RecentChange> recent_changes(const store::View& view, const store::Publisher& publisher,
                                         std::size_t limit) {
  std::vector<RecentChange> changes;
  for (std::uint64_t end = view.state(publisher.id).next_sequence; end > 0; --end) {
    if (changes.size() == limit) break;
    const auto row = view.txn().get(view.env().table(store::kOperations),
                                    store::pair_key(publisher.id, end - 1));
    if (!row) break;
    store::OperationRecord operation = store::OperationRecord::decode(*row);
    changes.push_back({publisher.prefix, std::move(operation.name), std::move(operation.version),
                       operation.add, operation.metaset, operation.time});
  }
  return changes;
}

}  // namespace metaset::depot
