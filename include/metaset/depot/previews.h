// Previews that are being looked at: for each staging area what was read of it, its catalog files
// and its publishers, until the area changes or somebody commits.
//
// Thread-safety: any thread. Errors: as store::AreaSnapshot.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "metaset/depot/publishers.h"
#include "metaset/store/catalog_files.h"
#include "metaset/store/preview.h"

namespace metaset::depot {

class AreaPreview {
 public:
  AreaPreview(store::Repository& repository, std::string_view area);
  const store::AreaSnapshot& snapshot() const { return snapshot_; }
  // Files of this preview only: what it calls the next metaset is not the one that will be.
  store::CatalogFiles& catalog_files() { return catalog_files_; }
  // `view` is that of a store::Preview of the snapshot.
  std::shared_ptr<const Publishers> publishers(const store::View& view);

 private:
  store::AreaSnapshot snapshot_;
  store::CatalogFiles catalog_files_;
  std::mutex mutex_;  // guards publishers_
  std::shared_ptr<const Publishers> publishers_;
};

class Previews {
 public:
  // That of the area as it is now.
  std::shared_ptr<AreaPreview> get(store::Repository& repository, std::string_view area);
  void forget();

 private:
  static constexpr std::size_t kMaxAreas = 16;
  std::mutex mutex_;  // guards areas_; held while an area is read, so that it is read once
  std::map<std::string, std::shared_ptr<AreaPreview>, std::less<>> areas_;
};

}  // namespace metaset::depot
