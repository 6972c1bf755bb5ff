// The names of a publisher's packages, each with its versions. Private to the operations.
// Thread-safety: as the view. Errors: kCorrupt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metaset/store/view.h"

namespace metaset::depot {

// Calls visit(name, rows) for each name below `under` with its visible rows, the oldest version
// first. They point into the transaction.
template <typename Visit>
void for_each_visible_name(const store::View& view, const store::Publisher& publisher,
                           std::string_view under, Visit visit) {
  const std::string prefix = store::u32_key(publisher.id) + std::string(under);
  if (prefix.size() > lmdb::kMaxKey) return;
  lmdb::Cursor cursor(view.txn(), view.env().table(store::kPackages));
  std::string name;
  std::vector<std::string_view> rows;
  for (bool more = cursor.seek(prefix); more && cursor.key().starts_with(prefix);
       more = cursor.next()) {
    if (!store::PackageEntry::visible(cursor.value(), view.number())) continue;
    const std::string_view now = store::name_in_package_key(cursor.key());
    if (now != name) {
      if (!rows.empty()) visit(name, rows);
      rows.clear();
      name = now;
    }
    rows.push_back(cursor.value());
  }
  if (!rows.empty()) visit(name, rows);
}

}  // namespace metaset::depot
