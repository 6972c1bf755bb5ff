#include "pkg5/tree.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "metaset/base/error.h"

namespace metaset::pkg5 {

namespace {
struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
constexpr int kDirectory = O_RDONLY | O_DIRECTORY;
}  // namespace

Tree::Tree(const std::string& root)
    : root_name_(root), root_(open_file(root, O_RDONLY | O_DIRECTORY)) {}

Fd Tree::open(std::string_view path, int flags) const {
  Fd current(::openat(root_.get(), ".", kDirectory | O_CLOEXEC));
  if (!current) throw system_error(errno, "open", root_name_);
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string name(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (name.empty() || name == "." || name == ".." || name.find('\0') != std::string::npos) {
      throw Error(Code::kInvalid, "illegal path below " + root_name_ + ": " + std::string(path));
    }
    const int how = rest.empty() ? flags : kDirectory;
    Fd next(::openat(current.get(), name.c_str(), how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!next) {
      if (errno == ENOENT) return next;
      const std::string full = join_path(root_name_, path);
      if (errno == ELOOP || errno == ENOTDIR) {
        throw Error(Code::kInvalid,
                    full + " is reached through a symbolic link or a file; links are not followed");
      }
      throw system_error(errno, "open", full);
    }
    current = std::move(next);
  }
  return current;
}

std::optional<std::string> Tree::read(std::string_view path, std::uint64_t max_size) const {
  const Fd fd = open(path, O_RDONLY);
  if (!fd) return std::nullopt;
  const std::string name = join_path(root_name_, path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw system_error(errno, "examine", name);
  if (!S_ISREG(info.st_mode)) throw Error(Code::kInvalid, name + " is not a regular file");
  return read_all(fd.get(), name, max_size);
}

bool Tree::is_directory(std::string_view path) const {
  try {
    return static_cast<bool>(open(path, kDirectory));
  } catch (const Error& error) {
    if (error.code() == Code::kDenied) throw;
    return false;
  }
}

std::vector<std::string> Tree::list(std::string_view path) const {
  Fd fd = open(path, kDirectory);
  std::vector<std::string> names;
  if (!fd) return names;
  const std::string full = join_path(root_name_, path);
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (!directory) throw system_error(errno, "list", full);
  fd.release();  // closed with the stream
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) throw system_error(errno, "list", full);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace metaset::pkg5
