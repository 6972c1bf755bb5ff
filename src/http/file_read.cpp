#include "http/file_read.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/stat.h>

#include "metaset/base/file.h"

namespace metaset::http {

Error shortened(const std::string& path, std::uint64_t size) {
  return Error(Code::kCorrupt, fmt::format("{} is shorter than its {} bytes", path, size));
}

void require_own_links(const std::string& root, std::string_view path) {
  std::size_t end = 0;
  while (end < path.size()) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string part = join_path(root, path.substr(0, end));
    struct stat link {
    }, target{};
    if (::lstat(part.c_str(), &link) != 0) return;
    if (!S_ISLNK(link.st_mode) || link.st_uid == 0) continue;
    if (::stat(part.c_str(), &target) != 0) return;
    if (link.st_uid == target.st_uid) continue;
    throw Error(Code::kCorrupt, fmt::format("{} is a link of user {} to what belongs to user {}",
                                            part, link.st_uid, target.st_uid));
  }
}

}  // namespace metaset::http
