#include "metaset/store/search_pages.h"

#include <utility>

#include "store/search_page.h"

namespace metaset::store {

SearchPageCache::SearchPageCache(std::size_t most_bytes) : most_of_each_(most_bytes / 2) {}
SearchPageCache::~SearchPageCache() = default;

std::shared_ptr<const SearchPage> SearchPageCache::get(std::string_view row) {
  {
    const std::lock_guard lock(mutex_);
    if (auto page = find(row)) return page;
  }
  auto page = std::make_shared<const SearchPage>(row, SearchPage::Keep::kRow);
  const std::lock_guard lock(mutex_);
  keep(page);
  return page;
}

std::size_t SearchPageCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return young_.bytes + old_.bytes;
}

std::shared_ptr<const SearchPage> SearchPageCache::find(std::string_view row) {
  if (const auto place = young_.by_row.find(row); place != young_.by_row.end()) {
    return place->second;
  }
  const auto place = old_.by_row.find(row);
  if (place == old_.by_row.end()) return nullptr;
  auto page = place->second;
  keep(page);
  return page;
}

void SearchPageCache::keep(std::shared_ptr<const SearchPage> page) {
  const std::size_t bytes = page->bytes();
  if (bytes > most_of_each_) return;
  if (young_.bytes + bytes > most_of_each_) old_ = std::exchange(young_, Pages());
  const std::string_view row = page->row();
  if (young_.by_row.emplace(row, std::move(page)).second) young_.bytes += bytes;
}

}  // namespace metaset::store
