#include "store/shared_directory.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

namespace metaset::store {

bool can_write_catalog(const std::string& repository) {
  return ::access(catalog_directory(repository).c_str(), W_OK) == 0;
}

bool is_of_the_disk(const Error& error) {
  return error.code() == Code::kDenied || error.code() == Code::kNoSpace ||
         error.code() == Code::kIo;
}

void make_shared_directory(const std::string& path) {
  struct stat above {
  }, made{};
  if (::stat(path.c_str(), &made) == 0) return;
  make_directories(path);
  if (::stat(path.substr(0, path.rfind('/')).c_str(), &above) != 0) return;
  // The owner may be another process that was faster; it does the same.
  if (::chmod(path.c_str(), above.st_mode & 0777) != 0 && errno != EPERM) {
    throw system_error(errno, "cannot set the mode of", path);
  }
}

void write_shared_file(const std::string& catalog, const std::string& path,
                       std::string_view content) {
  AtomicFile file(catalog, path);
  file.write(content);
  // One with less than its content would be a loss.
  file.sync();
  file.commit(false);
}

}  // namespace metaset::store
