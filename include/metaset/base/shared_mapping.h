// A file of fixed size that several processes have mapped, as words that are read and written
// atomically; and how such a file comes into being. Nobody may make one shorter while it is in use.
// Thread-safety: any thread. Errors: system errors; see open_shared_file.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "metaset/base/file.h"

namespace metaset {

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

// What somebody finds at the path of a shared file.
enum class SharedFileIs {
  kUsable,
  kOutdated,  // of another version, or damaged: to be replaced
  kForeign,   // something else, which must be left alone
};

struct SharedFileKind {
  const char* name;                      // for messages: "client memory"
  std::function<std::string()> content;  // of a new one, all of its bytes
  // Called while nobody else changes the file; may change what is in it.
  std::function<SharedFileIs(const Fd& file, const std::string& path)> judge;
};

// Opened for reading and writing; made if it is missing, replaced if it is outdated. Whoever may
// write `like` may write it too, as far as that can be. kCorrupt if it is foreign; kUnavailable if
// others keep it locked or replace it again and again.
Fd open_shared_file(const std::string& path, const std::string& like, const SharedFileKind& kind);

}  // namespace metaset
