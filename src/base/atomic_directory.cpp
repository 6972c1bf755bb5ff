#include "metaset/base/atomic_directory.h"

#include <cerrno>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

namespace metaset {

namespace {

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

void require_free(const std::string& path) {
  const auto info = file_info(path);
  if (!info || (info->is_directory && list_directory(path).empty())) return;
  throw Error(Code::kExists, path +
                                 " is there already; name a directory that does not exist yet, "
                                 "or an empty one");
}

}  // namespace

AtomicDirectory::AtomicDirectory(const std::string& target) : target_(without_slashes(target)) {
  require_free(target_);
  const std::size_t slash = target_.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : target_.substr(0, slash + 1);
  make_directories(parent);
  path_ = join_path(parent, ".tmp-" + target_.substr(slash + 1) + "-XXXXXX");
  if (::mkdtemp(path_.data()) == nullptr) throw system_error(errno, "cannot create", path_);
  if (::chmod(path_.c_str(), 0755) != 0) {
    const int errnum = errno;
    ::rmdir(path_.c_str());
    throw system_error(errnum, "cannot set the mode of", path_);
  }
}

AtomicDirectory::~AtomicDirectory() {
  if (path_.empty()) return;
  try {
    remove_tree(path_);
  } catch (const Error&) {
    // It is beside the name, and under none that anybody uses.
  }
}

void AtomicDirectory::commit() {
  if (path_.empty()) throw Error(Code::kInternal, target_ + " is committed already");
  sync_file_system(path_);
  require_free(target_);
  rename_path(path_, target_);
  const std::string parent = path_.substr(0, path_.rfind('/') + 1);
  path_.clear();
  sync_path(parent);
}

}  // namespace metaset
