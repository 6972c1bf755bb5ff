#include <cerrno>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/shared_mapping.h"

namespace metaset {
namespace {

constexpr int kOpenTries = 64;
constexpr int kLockTries = 100;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

// Written in full under another name; whoever may write `like` may write it too.
void fill(AtomicFile& file, const std::string& like, const SharedFileKind& kind) {
  file.write(kind.content());
  struct stat status {};
  if (::stat(like.c_str(), &status) == 0) {
    // If we may: otherwise others go without.
    if (::fchown(file.fd(), status.st_uid, status.st_gid) != 0 &&
        ::fchown(file.fd(), static_cast<uid_t>(-1), status.st_gid) != 0) {
      errno = 0;
    }
    if (::fchmod(file.fd(), status.st_mode & 0666) != 0) errno = 0;
  }
}

void make_if_missing(const std::string& path, const std::string& like, const SharedFileKind& kind) {
  AtomicFile file(parent_of(path), path, 0600);
  fill(file, like, kind);
  // Not by a link: killed before the other name is gone, it would stay, and never look old.
  const char* const temporary = file.temporary_path().c_str();
  if (::renameat2(AT_FDCWD, temporary, AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EINVAL && ::link(temporary, path.c_str()) == 0) return;  // file systems without that
  if (errno != EEXIST) throw system_error(errno, "making", path);
}

void lock_exclusively(const Fd& file, const std::string& path) {
  for (int i = 0; i < kLockTries; ++i) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK && errno != EINTR) throw system_error(errno, "locking", path);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw Error(Code::kUnavailable, path + ": somebody has had it locked for too long");
}

bool leads_to(const std::string& path, const Fd& file) {
  struct stat named {
  }, opened{};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file.get(), &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

}  // namespace

Fd open_shared_file(const std::string& path, const std::string& like, const SharedFileKind& kind) {
  for (int i = 0; i < kOpenTries; ++i) {
    auto file = open_if_exists(path, O_RDWR | O_NOFOLLOW);
    if (!file) {
      make_if_missing(path, like, kind);
      continue;
    }
    lock_exclusively(*file, path);
    if (!leads_to(path, *file)) continue;  // replaced while we waited
    switch (kind.judge(*file, path)) {
      case SharedFileIs::kUsable:
        // A mapping would keep the lock when the descriptor is closed.
        ::flock(file->get(), LOCK_UN);
        return std::move(*file);
      case SharedFileIs::kForeign:
        throw Error(Code::kCorrupt, fmt::format("{}: this is no {}; remove it or name another file",
                                                path, kind.name));
      case SharedFileIs::kOutdated:
        break;
    }
    AtomicFile newer(parent_of(path), path, 0600);
    fill(newer, like, kind);
    newer.commit(false);
  }
  throw Error(Code::kUnavailable, path + ": others replace it again and again");
}

}  // namespace metaset
