#include "metaset/store/payload_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

#include "metaset/base/error.h"
#include "metaset/store/layout.h"

namespace metaset::store {

namespace {

std::string lock_path(std::string_view repository) {
  return join_path(staging_directory(repository), "payloads.lock");
}

// Read-only is enough for flock, so that it does not matter which user created the file.
Fd open_lock(std::string_view repository) {
  return open_file(lock_path(repository), O_RDONLY | O_CREAT | O_NOFOLLOW);
}

// False if that would have to wait.
bool lock(const Fd& fd, int operation, std::string_view repository) {
  while (::flock(fd.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw system_error(errno, "cannot lock", lock_path(repository));
  }
  return true;
}

}  // namespace

PayloadUse::PayloadUse(std::string_view repository) : fd_(open_lock(repository)) {
  lock(fd_, LOCK_SH, repository);
}

std::optional<PayloadUse> PayloadUse::if_allowed(std::string_view repository) {
  try {
    return PayloadUse(repository);
  } catch (const Error& error) {
    if (error.code() == Code::kDenied || error.code() == Code::kNotFound) return std::nullopt;
    throw;
  }
}

namespace {
std::string collection_lock_path(std::string_view repository) {
  return join_path(staging_directory(repository), "collection.lock");
}
}  // namespace

CollectionLock::CollectionLock(std::string_view repository)
    : lock_(collection_lock_path(repository)) {}

std::optional<CollectionLock> CollectionLock::attempt(std::string_view repository) {
  auto lock = FileLock::attempt(collection_lock_path(repository));
  if (!lock) return std::nullopt;
  return CollectionLock(*std::move(lock));
}

std::optional<PayloadCollection> PayloadCollection::begin(std::string_view repository) {
  Fd fd = open_lock(repository);
  if (!lock(fd, LOCK_EX | LOCK_NB, repository)) return std::nullopt;
  return PayloadCollection(std::move(fd));
}

}  // namespace metaset::store
