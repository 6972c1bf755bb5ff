// The part of file.h that guards against others and against crashes: AtomicFile and FileLock.
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

namespace metaset {
namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& directory, std::string path, mode_t mode)
    : path_(std::move(path)), temporary_(join_path(directory, ".tmp-XXXXXX")) {
  fd_.reset(::mkostemp(temporary_.data(), O_CLOEXEC));
  if (!fd_) throw system_error(errno, "cannot create a temporary file in", directory);
  if (::fchmod(fd_.get(), mode) != 0) {
    const int errnum = errno;
    ::unlink(temporary_.c_str());
    throw system_error(errnum, "cannot set the mode of", temporary_);
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) { write_all(fd_.get(), bytes, path_); }

void AtomicFile::sync() const {
  if (::fsync(fd_.get()) != 0) throw system_error(errno, "cannot sync", temporary_);
}

void AtomicFile::commit(bool durable) {
  if (temporary_.empty()) throw Error(Code::kInternal, path_ + " is committed already");
  if (durable) sync();
  // Some file systems report a full disk or quota only when the file is closed.
  if (fd_ && ::close(fd_.release()) != 0 && errno != EINTR) {
    throw system_error(errno, "cannot write", path_);
  }
  rename_path(temporary_, path_);
  temporary_.clear();
  if (durable) sync_path(directory_of(path_));
}

void AtomicFile::commit_as(std::string path, bool durable) {
  path_ = std::move(path);
  commit(durable);
}

void write_file_atomically(const std::string& path, std::string_view bytes, bool durable) {
  AtomicFile file(directory_of(path), path);
  file.write(bytes);
  file.commit(durable);
}

// Read-only is enough for flock, so that it does not matter which user created the file.
FileLock::FileLock(const std::string& path) : fd_(open_file(path, O_RDONLY | O_CREAT)) {
  while (::flock(fd_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw system_error(errno, "cannot lock", path);
  }
}

std::optional<FileLock> FileLock::attempt(const std::string& path) {
  Fd fd = open_file(path, O_RDONLY | O_CREAT);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) throw system_error(errno, "cannot lock", path);
  }
  return FileLock(std::move(fd));
}

}  // namespace metaset
