// Repositories that are being served, opened once per process and found by path.
//
// A repository can be replaced below a running depot (a restore, a snapshot that was cloned, a
// compact copy): at most once a second the pool looks whether committed/data.mdb and lock.mdb
// became other files. Then the open repository goes on with the new ones and forgets what it
// remembered; requests in flight end with the old ones. A directory that is missing for a moment
// keeps being served from what is open. The two files must be replaced together, because LMDB
// cannot open two environments with one lock file in a process. Paths that lead to the same files
// share one environment. Not to be used across fork.
// Thread-safety: any thread. Errors: kUnavailable if the repository is not there, is not one, or
// cannot be opened now: clients then try again (protocol/http.md section 2.2).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "metaset/depot/payload.h"
#include "metaset/depot/previews.h"
#include "metaset/depot/publishers.h"
#include "metaset/store/repository.h"

namespace metaset::depot {

// One open repository with what is remembered about it. Thread-safety: any thread.
class OpenRepository {
 public:
  OpenRepository(const std::string& root, store::Access access) : store_(root, access) {}

  store::Repository& store() { return store_; }
  // For reading; whether the repository is open for writing does not matter.
  const lmdb::Env& env() const { return store_.committed(); }
  CompressedFactsCache& compressed_facts() { return compressed_facts_; }
  Previews& previews() { return previews_; }
  // Goes on with what the directory is now, and forgets what was remembered. False if it was not
  // replaced.
  bool follow();
  // How often that was so: what others remember from before is no longer true.
  unsigned generation() const { return generation_.load(std::memory_order_acquire); }
  // The publishers of a committed metaset; parsed once for each of the recent ones. Not for views
  // of uncommitted transactions: use Publishers::load() for those.
  std::shared_ptr<const Publishers> publishers(const store::View& view);

 private:
  store::Repository store_;
  CompressedFactsCache compressed_facts_;
  Previews previews_;
  std::atomic<unsigned> generation_{0};
  std::mutex mutex_;  // guards publishers_
  std::map<store::MetasetNumber, std::shared_ptr<const Publishers>> publishers_;
};

class RepositoryPool {
 public:
  using Clock = std::chrono::steady_clock;
  // A process that publishes too opens with kWrite: an environment must not be opened twice.
  explicit RepositoryPool(store::Access access = store::Access::kRead,
                          Clock::duration check_interval = std::chrono::seconds(1))
      : access_(access), check_interval_(check_interval) {}

  // kNow: looks for a replacement at once.
  enum class Look { kSometimes, kNow };
  std::shared_ptr<OpenRepository> get(const std::string& root, Look look = Look::kSometimes);
  Clock::duration check_interval() const { return check_interval_; }

 private:
  struct Entry {
    std::shared_ptr<OpenRepository> open;
    Clock::time_point checked;
  };
  void open_into(Entry& entry, const std::string& root);
  std::shared_ptr<OpenRepository> find_open(const lmdb::FileIdentity& data);

  store::Access access_;
  Clock::duration check_interval_;
  std::mutex mutex_;  // guards everything below
  std::map<std::string, Entry> entries_;
  std::vector<std::weak_ptr<OpenRepository>> opened_;
};

}  // namespace metaset::depot
