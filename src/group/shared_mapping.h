// A file of fixed size that several processes have mapped, as words that are read and written
// atomically. For this directory.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "metaset/base/file.h"

namespace metaset::group {

class SharedMapping {
 public:
  // The file must have `size` bytes, a multiple of eight. System errors.
  SharedMapping(const Fd& file, const std::string& path, std::size_t size, bool writable);
  ~SharedMapping();
  SharedMapping(const SharedMapping&) = delete;
  SharedMapping& operator=(const SharedMapping&) = delete;

  // Not to be stored to unless the mapping is writable.
  std::atomic_ref<std::uint64_t> word(std::size_t index) const {
    return std::atomic_ref<std::uint64_t>(words_[index]);
  }
  // The low half of a word, for futex(2).
  std::uint32_t* half(std::size_t index) const {
    return reinterpret_cast<std::uint32_t*>(words_ + index);
  }
  // Whether the path still leads to the file.
  bool is_at(const std::string& path) const noexcept;

 private:
  std::uint64_t* words_ = nullptr;
  std::size_t size_;
  std::uint64_t device_ = 0, inode_ = 0;
};

// Eight bytes as a word.
std::uint64_t word_of(const char (&text)[9]);

}  // namespace metaset::group
