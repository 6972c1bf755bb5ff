// What pages say of immutable things and is work to find out, kept for the next page.
//
// Everything is kept by a digest, so nothing in it can be out of date. It is small: a few hundred
// entries of some hundred bytes, and a few trees of some megabytes; when it is full it begins anew.
// Thread-safety: any thread. Two threads may find out the same thing at once. Errors: those of what
// is looked up; failures are not kept.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "metaset/depot/browse.h"
#include "metaset/ips/file_tree.h"
#include "metaset/ips/package_details.h"
#include "metaset/store/added_sizes.h"
#include "metaset/store/outlines.h"
#include "metaset/store/view.h"

namespace metaset::web {

template <typename Value>
class Kept {
 public:
  explicit Kept(std::size_t most) : most_(most) {}
  // nullptr if it is not here.
  std::shared_ptr<const Value> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto place = values_.find(key);
    return place == values_.end() ? nullptr : place->second;
  }
  std::shared_ptr<const Value> keep(const std::string& key, Value&& value) {
    return keep(key, std::make_shared<const Value>(std::move(value)));
  }
  std::shared_ptr<const Value> keep(const std::string& key, std::shared_ptr<const Value> kept) {
    const std::lock_guard lock(mutex_);
    if (values_.size() >= most_) values_.clear();
    values_[key] = kept;
    return kept;
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;  // guards values_
  std::map<std::string, std::shared_ptr<const Value>> values_;
};

class PageCache {
 public:
  // What the view's metaset added (store/added_sizes.h); nullopt if manifests are missing.
  std::optional<store::AddedBytes> added_bytes(const store::View& view);
  std::shared_ptr<const depot::Classes> classes(const store::View& view,
                                                const std::vector<store::Publisher>& publishers);
  // Of the manifest of an entry, from its outline if it has one; kNotFound if it is not in the
  // repository.
  std::shared_ptr<const ips::PackageDetails> details(const store::View& view,
                                                     const store::Outlines& outlines,
                                                     const store::PackageEntry& entry);
  // The same of what it delivers. That of an outline is not kept, belongs to one thread, and throws
  // kCorrupt where it is damaged: the manifest has it, too.
  enum class From { kOutline, kManifest };
  std::shared_ptr<const ips::FileTree> files(const store::View& view,
                                             const store::Outlines& outlines,
                                             const store::PackageEntry& entry,
                                             From from = From::kOutline);

 private:
  Kept<store::AddedBytes> added_bytes_{2000};
  Kept<depot::Classes> classes_{16};
  Kept<ips::PackageDetails> details_{300};
  Kept<ips::FileTree> files_{3};  // of large packages only, in which people go from place to place
};

}  // namespace metaset::web
