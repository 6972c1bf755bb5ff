// Payload store: which publishers a payload belongs to. REPO/publisher/PUB/file/XX/HASH.
#include <cerrno>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"
#include "metaset/store/leftovers.h"
#include "metaset/store/payloads.h"

namespace metaset::store {

namespace {

// Too many links, two file systems, or one that has none (or not for files of somebody else).
bool takes_no_hard_link(int error) {
  return error == EMLINK || error == EXDEV || error == EPERM || error == EOPNOTSUPP;
}

bool make_hard_link(const std::string& payload, const std::string& link) {
  return ::linkat(AT_FDCWD, payload.c_str(), AT_FDCWD, link.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

// False if there is something already.
bool make_link(const std::string& payload, std::string_view name, const std::string& link) {
  if (make_hard_link(payload, link)) return true;
  // From publisher/PUB/file/XX.
  const std::string target = "../../../../" + payload_path(name);
  if (takes_no_hard_link(errno) && ::symlink(target.c_str(), link.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  throw system_error(errno, "link payload", link);
}

// A directory for a link on the way to its name. Links are as old as their files, so that by itself
// one that a crash left could not be told from one that is being made.
class Aside {
 public:
  explicit Aside(const std::string& parent)
      : path_(join_path(parent, std::string(kTemporaryPrefix) + "XXXXXX")) {
    if (::mkdtemp(path_.data()) == nullptr) throw system_error(errno, "create", path_);
  }
  ~Aside() {
    try {
      remove_tree(path_);
    } catch (const std::exception&) {
      // remove_leftovers() finds it.
    }
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

bool PayloadStore::is_assigned(std::string_view name, std::string_view publisher) const {
  const auto payload = file_info(path(name)), link = file_info(path(name, publisher));
  return payload && link && payload->is_regular && payload->device == link->device &&
         payload->inode == link->inode;
}

Assignment PayloadStore::assign(std::string_view name, std::string_view publisher) {
  const std::string payload = path(name), link = path(name, publisher);
  // Tried before anything is looked at: for a new payload it is all that there is to do.
  if (make_hard_link(payload, link)) return Assignment::kMade;
  if (is_assigned(name, publisher)) return Assignment::kPresent;
  if (!has(name)) return Assignment::kNoPayload;
  make_directories(link.substr(0, link.rfind('/')));
  if (make_link(payload, name, link)) return Assignment::kMade;
  // Another file, of a copy without links or of a payload that was replaced. (Or another process
  // was faster: then this changes nothing.)
  const Aside aside(publishers_directory(repository_));
  const std::string fresh = join_path(aside.path(), name);
  make_link(payload, name, fresh);
  rename_path(fresh, link);
  return Assignment::kMade;
}

void PayloadStore::sync() const {
  const std::string payloads = payload_directory(repository_),
                    links = publishers_directory(repository_);
  sync_file_system(payloads);
  const auto info = file_info(links);
  if (info && info->device != file_info(payloads).value().device) sync_file_system(links);
}

}  // namespace metaset::store
