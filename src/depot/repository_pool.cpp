#include "metaset/depot/repository_pool.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kRememberedMetasets = 16;
constexpr int kOpenAttempts = 3;

// nullopt: there is no repository at the moment. A lock file that is missing counts as 0: opening
// makes it.
std::optional<RepositoryIdentity> identify(const std::string& root) {
  const std::string directory = store::committed_directory(root);
  const auto data = file_info(join_path(directory, "data.mdb"));
  if (!data) return std::nullopt;
  RepositoryIdentity identity;
  identity.data_device = data->device;
  identity.data_inode = data->inode;
  if (const auto lock = file_info(join_path(directory, "lock.mdb"))) {
    identity.lock_device = lock->device;
    identity.lock_inode = lock->inode;
  }
  return identity;
}

bool same_data(const RepositoryIdentity& a, const RepositoryIdentity& b) {
  return a.data_device == b.data_device && a.data_inode == b.data_inode;
}

bool same_lock(const RepositoryIdentity& a, const RepositoryIdentity& b) {
  return a.lock_device == b.lock_device && a.lock_inode == b.lock_inode;
}

}  // namespace

std::shared_ptr<const Publishers> OpenRepository::publishers(const store::View& view) {
  {
    const std::lock_guard lock(mutex_);
    const auto place = publishers_.find(view.number());
    if (place != publishers_.end()) return place->second;
  }
  auto made = std::make_shared<const Publishers>(Publishers::load(view));
  const std::lock_guard lock(mutex_);
  // Past metasets are asked for rarely: the lowest number goes first.
  if (publishers_.size() >= kRememberedMetasets) publishers_.erase(publishers_.begin());
  return publishers_.insert_or_assign(view.number(), std::move(made)).first->second;
}

bool OpenRepository::follow() {
  if (!store_.follow()) return false;
  previews_.forget();
  const std::lock_guard lock(mutex_);
  publishers_.clear();
  generation_.fetch_add(1, std::memory_order_acq_rel);
  return true;
}

// Those that write go on with the new files by themselves, perhaps before this was asked.
bool RepositoryPool::follow(Entry& entry, const RepositoryIdentity& identity) {
  if (access_ != store::Access::kWrite) return false;
  entry.open->follow();
  by_identity_.erase(entry.identity);
  by_identity_[identity] = entry.open;
  entry.identity = identity;
  return true;
}

// Finds or opens what is at `root` now. The identity is taken before and after, so that what is
// remembered is what was opened.
void RepositoryPool::open_into(Entry& entry, const std::string& root) {
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    const auto before = identify(root);
    if (!before) {
      throw Error(Code::kUnavailable, "there is no repository at " + root + " at the moment");
    }
    std::shared_ptr<OpenRepository> open;
    for (auto place = by_identity_.begin(); place != by_identity_.end() && !open;) {
      auto known = place->second.lock();
      if (!known) {
        place = by_identity_.erase(place);
        continue;
      }
      if (same_data(place->first, *before)) {
        open = std::move(known);
      } else if (same_lock(place->first, *before)) {
        throw Error(Code::kUnavailable,
                    root + ": data.mdb was replaced without lock.mdb; replace both");
      }
      ++place;
    }
    if (!open) open = std::make_shared<OpenRepository>(root, access_);
    const auto after = identify(root);
    if (!after || !same_data(*before, *after)) continue;
    by_identity_[*after] = open;
    entry.open = std::move(open);
    entry.identity = *after;
    return;
  }
  throw Error(Code::kUnavailable, root + " is being replaced");
}

std::shared_ptr<OpenRepository> RepositoryPool::get(const std::string& root, Look look) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[root];
  const auto time = Clock::now();
  const bool fresh = time - entry.checked < check_interval_ && look == Look::kSometimes;
  if (entry.open && fresh) return entry.open;
  entry.checked = time;
  try {
    if (entry.open) {
      const auto identity = identify(root);
      if (!identity || same_data(*identity, entry.identity)) return entry.open;
      if (follow(entry, *identity)) return entry.open;
    }
    open_into(entry, root);
  } catch (const Error& error) {
    // Better what was there a moment ago than nothing.
    if (entry.open) return entry.open;
    entries_.erase(root);
    // Who publishes is to know that the disk is full.
    const bool tells = access_ == store::Access::kWrite && error.code() == Code::kNoSpace;
    if (error.code() == Code::kUnavailable || tells) throw;
    throw Error(Code::kUnavailable, error.message());
  }
  return entry.open;
}

}  // namespace metaset::depot
