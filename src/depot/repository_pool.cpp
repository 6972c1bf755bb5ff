#include "metaset/depot/repository_pool.h"

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

namespace metaset::depot {

namespace {

constexpr std::size_t kRememberedMetasets = 16;
constexpr int kOpenAttempts = 3;

// Of the database at `root`; nullopt: there is none at the moment.
std::optional<lmdb::FileIdentity> identify(const std::string& root) {
  const auto data = file_info(join_path(store::committed_directory(root), "data.mdb"));
  if (!data) return std::nullopt;
  return lmdb::FileIdentity{data->device, data->inode};
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

std::shared_ptr<OpenRepository> RepositoryPool::find_open(const lmdb::FileIdentity& data) {
  std::erase_if(opened_, [](const auto& one) { return one.expired(); });
  for (const auto& one : opened_) {
    auto open = one.lock();
    if (open && open->env().identity() == data) return open;
  }
  return nullptr;
}

// Finds or opens what is at `root` now. What it is is looked at before and after, so that it is
// known what was opened.
void RepositoryPool::open_into(Entry& entry, const std::string& root) {
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    const auto before = identify(root);
    if (!before) {
      throw Error(Code::kUnavailable, "there is no repository at " + root + " at the moment");
    }
    auto open = find_open(*before);
    if (!open) {
      open = std::make_shared<OpenRepository>(root, access_);
      if (open->env().identity() != *before) continue;
      opened_.push_back(open);
    }
    entry.open = std::move(open);
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
      entry.open->follow();
      const auto identity = identify(root);
      if (!identity || *identity == entry.open->env().identity()) return entry.open;
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
