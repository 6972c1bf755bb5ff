// The rows that a metaset wrote and that are never changed again: what its digest covers, and what
// a transfer record holds. Private to the store.
//
// Views die with the transaction. Errors: kCorrupt if a row is missing or damaged.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "metaset/store/view.h"

namespace metaset::store {

struct PublisherRows {
  PublisherId id = 0;
  std::string prefix;
  bool is_new = false;
  std::optional<std::string_view> config, state;
  std::uint64_t first = 0, end = 0;  // operations [first, end)
  bool any() const { return is_new || config || state; }
};
// Of the view's metaset, by id; also those of which nothing was changed.
void for_each_publisher_rows(const View& view,
                             const std::function<void(const PublisherRows&)>& visit);
std::optional<std::string_view> config_row(const View& view, PublisherId scope);

struct OperationRow {
  std::string_view bytes;
  OperationRecord operation;
  PackageEntry entry;  // that it concerns, as if it had never been removed
};
OperationRow operation_row(const View& view, PublisherId publisher, std::uint64_t sequence);

}  // namespace metaset::store
