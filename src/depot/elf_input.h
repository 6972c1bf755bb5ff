// The bytes of a possible ELF file, in memory or on disk, read at offsets that cannot be trusted.
// Thread-safety: const use from one thread. Errors: system_error() when reading a file fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metaset/base/file.h"

namespace metaset::depot {

class ElfInput {
 public:
  explicit ElfInput(std::string_view content) : size_(content.size()), content_(content) {}
  static ElfInput of_file(const std::string& path);

  std::uint64_t size() const { return size_; }
  bool contains(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size_ && length <= size_ - offset;
  }
  // Exactly `length` bytes; false if they are not all there.
  bool read(std::uint64_t offset, void* to, std::size_t length) const;

 private:
  bool read_file(std::uint64_t offset, char* to, std::size_t length) const;
  std::uint64_t size_ = 0;
  std::string_view content_;
  Fd fd_;  // none: in memory
  std::string path_;
};

}  // namespace metaset::depot
