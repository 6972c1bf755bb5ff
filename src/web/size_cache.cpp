#include "metaset/web/size_cache.h"

namespace metaset::web {
namespace {

constexpr std::size_t kMostKnown = 10'000;  // some 60 bytes each

}  // namespace

std::optional<depot::AddedBytes> SizeCache::get(const store::View& view, const Sha256& digest) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(digest); known != known_.end()) return known->second;
  }
  const auto added = depot::metaset_sizes(view).added;
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.emplace(digest, added);
  return added;
}

}  // namespace metaset::web
