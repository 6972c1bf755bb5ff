// What came and went last, of a publisher: the newest operations of a view's history.
//
// Cost: the operations that are read, whatever the size of the repository. Thread-safety: as the
// view. What is returned does not refer to the transaction. Errors: kCorrupt.
#pragma once

#include <string>
#include <vector>

#include "metaset/store/view.h"

namespace metaset::depot {

struct RecentChange {
  std::string publisher, name, version;
  bool added = true;  // false: removed
  store::MetasetNumber metaset = 0;
  Time time;
};

// Of one publisher, the newest first, at most `limit`; fewer if older ones are not known any more.
std::vector<RecentChange> recent_changes(const store::View& view, const store::Publisher& publisher,
                                         std::size_t limit);

}  // namespace metaset::depot
