// Keeps payloads from being deleted while somebody relies on them.
//
// A publisher that finds a payload in the store does not send it again, and refers to it only
// later, when its package is staged. In between nothing in the databases says that it is needed.
// So:
// - whoever looks for payloads and refers to them afterwards holds a PayloadUse for that time;
// - open publication transactions (REPO/staging/open) count as users for as long as they exist, so
//   that a PayloadUse is only needed while one is created;
// - whoever deletes payloads holds a PayloadCollection, which can only be had when there is no
//   PayloadUse, and spares what open transactions refer to. Clients of these also ask whether a
//   payload is there and rely on the answer: PayloadStore::promise() notes that, and what came or
//   was promised since the oldest transaction was opened is spared too.
// Both are flock(2)s on REPO/staging/payloads.lock, so they work between processes and end with
// them. Thread-safety: any thread; locks of one process exclude each other too. Errors: system
// errors.
#pragma once

#include <optional>
#include <string_view>

#include "metaset/base/file.h"

namespace metaset::store {

// Shared by any number of holders. Waits for a collection under way, which is short.
class PayloadUse {
 public:
  explicit PayloadUse(std::string_view repository);
  // nullopt if this user may not lock there: who only reads what is committed can do without, and
  // finds a payload missing at worst.
  static std::optional<PayloadUse> if_allowed(std::string_view repository);

 private:
  Fd fd_;
};

// Keeps everything else from being collected: held by the one collection there can be, and by
// those who store manifests before the metaset that refers to them is there (import, unbundle). A
// flock(2) on REPO/staging/collection.lock.
class CollectionLock {
 public:
  explicit CollectionLock(std::string_view repository);  // waits
  static std::optional<CollectionLock> attempt(std::string_view repository);

 private:
  explicit CollectionLock(FileLock lock) : lock_(std::move(lock)) {}
  FileLock lock_;
};

class PayloadCollection {
 public:
  // nullopt if somebody uses payloads now: collecting can wait, publishing cannot.
  static std::optional<PayloadCollection> begin(std::string_view repository);

 private:
  explicit PayloadCollection(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace metaset::store
