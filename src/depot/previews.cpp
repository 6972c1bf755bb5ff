#include "metaset/depot/previews.h"

namespace metaset::depot {

AreaPreview::AreaPreview(store::Repository& repository, std::string_view area)
    : snapshot_(repository, area), catalog_files_(repository.root()) {}

std::shared_ptr<const Publishers> AreaPreview::publishers(const store::View& view) {
  const std::lock_guard lock(mutex_);
  if (!publishers_) publishers_ = std::make_shared<const Publishers>(Publishers::load(view));
  return publishers_;
}

std::shared_ptr<AreaPreview> Previews::get(store::Repository& repository, std::string_view area) {
  const store::AreaState state = store::AreaState::of(repository, area);
  const std::lock_guard lock(mutex_);
  const auto known = areas_.find(area);
  if (known != areas_.end() && known->second->snapshot().state() == state) return known->second;
  auto preview = std::make_shared<AreaPreview>(repository, area);
  if (known != areas_.end()) {
    known->second = preview;
  } else {
    if (areas_.size() == kMaxAreas) areas_.clear();
    areas_.emplace(area, preview);
  }
  return preview;
}

void Previews::forget() {
  const std::lock_guard lock(mutex_);
  areas_.clear();
}

}  // namespace metaset::depot
