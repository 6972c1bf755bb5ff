// The part of file.h that is about names: directories, renaming, removing, syncing.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

#include "config.h"

namespace metaset {
namespace {

// Creates one directory; false if its parent is missing.
bool make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return true;
  const int errnum = errno;
  if (errnum == ENOENT) return false;
  // An existing directory may be answered with EACCES or EROFS instead of EEXIST.
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return true;
    throw system_error(ENOTDIR, "cannot create directory", path);
  }
  throw system_error(errnum, "cannot create directory", path);
}

}  // namespace

void make_directories(const std::string& path, mode_t mode) {
  if (make_directory(path, mode)) return;
  const std::size_t end = path.find_last_not_of('/');
  const std::size_t slash = end == std::string::npos ? end : path.find_last_of('/', end);
  if (slash == std::string::npos || slash == 0) {
    throw system_error(ENOENT, "cannot create directory", path);
  }
  make_directories(path.substr(0, slash), mode);
  if (!make_directory(path, mode)) throw system_error(ENOENT, "cannot create directory", path);
}

void sync_path(const std::string& path) {
  const Fd fd = open_file(path, O_RDONLY);
  if (::fsync(fd.get()) != 0) throw system_error(errno, "cannot sync", path);
}

void sync_file_system(const std::string& path) {
  const Fd fd = open_file(path, O_RDONLY);
#ifdef HAVE_SYNCFS
  if (::syncfs(fd.get()) != 0) throw system_error(errno, "cannot sync the file system of", path);
#else
  ::sync();
#endif
}

void rename_path(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    throw system_error(errno, "cannot rename", from + " to " + to);
  }
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    throw system_error(errno, "cannot remove", path);
  }
}

void remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw system_error(error.value(), "cannot remove", path);
}

std::vector<std::string> list_directory(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw system_error(error.value(), "cannot list", path);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

TemporaryDirectory::TemporaryDirectory() {
  std::error_code error;
  const std::string parent = std::filesystem::temp_directory_path(error).string();
  path_ = join_path(error ? "/tmp" : parent, "metaset-XXXXXX");
  if (::mkdtemp(path_.data()) == nullptr) throw system_error(errno, "cannot create", path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace metaset
