#include "run_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"

namespace metaset::app {
namespace {

std::string parent_directory(Uploads uploads) {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    if (uploads == Uploads::kWhole && std::string_view(name) != "TMPDIR") continue;
    const char* const path = std::getenv(name);
    if (path != nullptr && *path == '/' && ::access(path, W_OK | X_OK) == 0) return path;
  }
  return "/tmp";
}

}  // namespace

RunDirectory::RunDirectory(const std::optional<Account>& owner, Uploads uploads)
    : path_(join_path(parent_directory(uploads), "metaset-XXXXXX")) {
  if (::mkdtemp(path_.data()) == nullptr) throw system_error(errno, "cannot create", path_);
  if (owner && ::chown(path_.c_str(), owner->uid, owner->gid) != 0) {
    const int errnum = errno;
    ::rmdir(path_.c_str());
    throw system_error(errnum, "cannot change the owner of", path_);
  }
}

RunDirectory::~RunDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace metaset::app
