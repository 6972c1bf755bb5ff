// Files that a process has open once, for all its threads, by their paths.
//
// One that was replaced is opened anew; of one that cannot be used the log is told once, and it is
// tried again every ten seconds. `File` has is_current(): false if somebody has replaced or removed
// the file. Thread-safety: any thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/log.h"

namespace metaset::http {

template <typename File>
class KeptFiles {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kTryAgain{10};

  // `open` makes a std::shared_ptr<File> and may throw Error; then `complaint` is logged, with why.
  // Null if the file cannot be used; one that is away for a moment is still the one of before.
  template <typename Open>
  std::shared_ptr<File> get(const std::string& path, const Logger& log, Clock::time_point now,
                            std::string_view complaint, const Open& open) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entry_of(path);
    if (entry.file && entry.file->is_current()) return entry.file;
    if (!entry.file && entry.tried && now - *entry.tried < kTryAgain) return nullptr;
    entry.tried = now;
    try {
      entry.file = open();
      entry.complained = false;
    } catch (const Error& error) {
      if (entry.file || std::exchange(entry.complained, true)) return entry.file;
      log.warning(fmt::format("{}: {}", complaint, error.what()));
    }
    return entry.file;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    std::shared_ptr<File> file;
    std::optional<Clock::time_point> tried;
    bool complained = false;
  };

  // If clients can name files, through a host name in METASET_ROOT, what is not there is forgotten.
  Entry& entry_of(const std::string& path) {
    constexpr std::size_t kMost = 64;
    const auto known = entries_.find(path);
    if (known != entries_.end()) return known->second;
    if (entries_.size() >= kMost) {
      std::erase_if(entries_, [](const auto& one) { return one.second.file == nullptr; });
    }
    return entries_[path];
  }

  mutable std::mutex mutex_;  // guards entries_
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace metaset::http
