// What metasets added in bytes (depot/added_sizes.h), kept: to find it out, manifests are read.
// Thread-safety: any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "metaset/depot/added_sizes.h"
#include "metaset/store/view.h"

namespace metaset::web {

class SizeCache {
 public:
  // Of the view's metaset; nullopt if manifests are missing.
  std::optional<depot::AddedBytes> get(const store::View& view, const Sha256& digest);

 private:
  std::mutex mutex_;  // guards what follows
  std::map<Sha256, std::optional<depot::AddedBytes>> known_;
};

}  // namespace metaset::web
