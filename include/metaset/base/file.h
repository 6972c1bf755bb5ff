// Files and directories: RAII descriptors, whole-file reads and durable writes.
// Thread-safety: functions are re-entrant. Errors: system_error() naming the path; kLimit for files
// larger than the caller allows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace metaset {

// Owns a file descriptor; closes it when destroyed.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// open(2) with O_CLOEXEC; throws. open_if_exists gives nullopt for ENOENT and ENOTDIR.
Fd open_file(const std::string& path, int flags, mode_t mode = 0644);
std::optional<Fd> open_if_exists(const std::string& path, int flags);
// read(2): at most `size` bytes, 0 at the end.
std::size_t read_some(int fd, char* to, std::size_t size, std::string_view name);
// pread(2): up to `size` bytes from `offset`, fewer only at the end.
std::size_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset,
                    std::string_view name);
// Everything that is left to read, at most max_size bytes.
std::string read_all(int fd, std::string_view name, std::uint64_t max_size);
std::string read_file(const std::string& path, std::uint64_t max_size);
std::optional<std::string> read_file_if_exists(const std::string& path, std::uint64_t max_size);
// Writes all of it, resuming short writes.
void write_all(int fd, std::string_view bytes, std::string_view name);

struct FileInfo {
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // seconds since 1970
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool is_directory = false;
  bool is_regular = false;
};
// stat(2), following symbolic links; nullopt if there is nothing.
std::optional<FileInfo> file_info(const std::string& path);

// mkdir -p. Existing directories are fine.
void make_directories(const std::string& path, mode_t mode = 0755);
// fsync(2) of a file or directory by path.
void sync_path(const std::string& path);
// syncfs(2) of the file system that holds the path: one call for a batch of new files.
void sync_file_system(const std::string& path);
void rename_path(const std::string& from, const std::string& to);
// Missing files are fine.
void remove_file(const std::string& path);
void remove_tree(const std::string& path);
// Names in a directory without "." and "..", sorted; empty if it does not exist.
std::vector<std::string> list_directory(const std::string& path);
std::string join_path(std::string_view directory, std::string_view name);

// A temporary file in `directory` that becomes `path` on commit(): all or nothing.
// Destroyed without commit: removed. `durable` also syncs the file and its directory.
class AtomicFile {
 public:
  AtomicFile(const std::string& directory, std::string path, mode_t mode = 0644);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  int fd() const { return fd_.get(); }
  void write(std::string_view bytes);
  // What was written is on the disk; its name need not be, after commit(false).
  void sync() const;
  void commit(bool durable);
  // For a name that is only known once the bytes are: replaces `path`.
  void commit_as(std::string path, bool durable);
  const std::string& temporary_path() const { return temporary_; }

 private:
  std::string path_;
  std::string temporary_;
  Fd fd_;
};
void write_file_atomically(const std::string& path, std::string_view bytes, bool durable);

// A new private directory below the system's temporary directory, removed with its content.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// An exclusive flock(2) on a file that is created when missing; waits. Released when destroyed.
class FileLock {
 public:
  explicit FileLock(const std::string& path);
  // nullopt if somebody else has it.
  static std::optional<FileLock> attempt(const std::string& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace metaset
