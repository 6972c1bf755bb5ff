// Pages of the search index that were decompressed lately, for the next searches.
//
// Found by the bytes of their row, so that they are right whatever was committed since, and for any
// repository. Thread-safety: any thread. Errors: kCorrupt for a damaged page.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace metaset::store {

class SearchPage;

class SearchPageCache {
 public:
  // About so many bytes are kept.
  explicit SearchPageCache(std::size_t most_bytes = std::size_t{8} << 20);
  ~SearchPageCache();
  SearchPageCache(const SearchPageCache&) = delete;
  SearchPageCache& operator=(const SearchPageCache&) = delete;

  // The page of a row of `search-lines`.
  std::shared_ptr<const SearchPage> get(std::string_view row);

  std::size_t bytes() const;

 private:
  struct Pages {
    std::unordered_map<std::string_view, std::shared_ptr<const SearchPage>> by_row;
    std::size_t bytes = 0;
  };
  std::shared_ptr<const SearchPage> find(std::string_view row);
  void keep(std::shared_ptr<const SearchPage> page);

  const std::size_t most_of_each_;
  mutable std::mutex mutex_;  // of both
  Pages young_, old_;         // what is used comes back from the old ones before these go
};

}  // namespace metaset::store
