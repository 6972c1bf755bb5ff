#include "metaset_text.h"

#include "cli.h"

namespace metaset::app {

std::string change_counts(const store::MetasetRecord& record) {
  std::uint64_t added = 0, removed = 0;
  for (const store::PublisherChange& change : record.publishers) {
    added += change.added;
    removed += change.removed;
  }
  return "+" + std::to_string(added) + " -" + std::to_string(removed);
}

}  // namespace metaset::app
