// Transfer records while what they need is being fetched: in a file without a name, compressed,
// because together they can be larger than memory. Private to the group.
// Thread-safety: one thread at a time. Errors: system errors, kCorrupt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metaset/base/file.h"

namespace metaset::group {

class RecordSpool {
 public:
  // In a directory that exists.
  explicit RecordSpool(const std::string& directory);
  void add(std::string_view record);
  std::string read(std::size_t index) const;
  std::size_t size() const { return places_.size(); }

 private:
  struct Place {
    std::uint64_t offset = 0, size = 0;
  };
  Fd fd_;
  std::vector<Place> places_;
};

}  // namespace metaset::group
