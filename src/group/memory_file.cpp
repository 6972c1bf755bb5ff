#include "group/memory_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"

#include "group/bytes.h"

namespace metaset::group {
namespace {

constexpr std::string_view kFamily = "MSMEM";  // of all versions
constexpr std::string_view kMagic = "MSMEM001";
constexpr std::size_t kPlaceAt = 16, kSecretAt = 48, kHeaderBytes = 8 * kFirstEntry;
constexpr int kOpenTries = 64;
constexpr int kLockTries = 100;

// This start of the machine, and this file: a copy remembers nobody.
std::string place_of(const Fd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error(errno, "looking at", path);
  const BootId boot = boot_id();
  std::string place(reinterpret_cast<const char*>(boot.data()), boot.size());
  put_number(static_cast<std::uint64_t>(status.st_dev), place);
  put_number(static_cast<std::uint64_t>(status.st_ino), place);
  return place;
}

// A whole file with a new secret.
std::string new_content() {
  std::string bytes(kMemoryFileBytes, '\0');
  const std::uint64_t size = kMemoryFileBytes;
  const Secret secret = new_secret();
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  std::memcpy(bytes.data() + 8, &size, sizeof(size));
  std::memcpy(bytes.data() + kSecretAt, secret.data(), secret.size());
  return bytes;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

// Written in full under another name; whoever may write `like` may write it too.
void fill(AtomicFile& file, const std::string& like) {
  file.write(new_content());
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

void make_if_missing(const std::string& path, const std::string& like) {
  AtomicFile file(directory_of(path), path, 0600);
  fill(file, like);
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

std::string header_of(const Fd& file, const std::string& path) {
  std::string header(kHeaderBytes, '\0');
  const ssize_t count = ::pread(file.get(), header.data(), header.size(), 0);
  if (count < 0) throw system_error(errno, "reading", path);
  header.resize(static_cast<std::size_t>(count));
  return header;
}

bool is_ours(const std::string& header, const Fd& file) {
  struct stat status {};
  std::uint64_t size = 0;
  if (header.size() != kHeaderBytes || !header.starts_with(kMagic)) return false;
  std::memcpy(&size, header.data() + 8, sizeof(size));
  return ::fstat(file.get(), &status) == 0 && size == kMemoryFileBytes &&
         status.st_size == static_cast<off_t>(kMemoryFileBytes);
}

void write_at(const Fd& file, std::size_t at, std::string_view bytes, const std::string& path) {
  const ssize_t count = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
  if (count != static_cast<ssize_t>(bytes.size())) {
    throw system_error(count < 0 ? errno : ENOSPC, "writing", path);
  }
}

// Nobody has it mapped whose times mean anything.
void forget_everything(const Fd& file, const std::string& path) {
  write_at(file, kHeaderBytes, std::string(kMemoryFileBytes - kHeaderBytes, '\0'), path);
  write_at(file, kPlaceAt, place_of(file, path), path);
}

}  // namespace

Fd open_memory_file(const std::string& path, const std::string& like) {
  for (int i = 0; i < kOpenTries; ++i) {
    auto file = open_if_exists(path, O_RDWR | O_NOFOLLOW);
    if (!file) {
      make_if_missing(path, like);
      continue;
    }
    lock_exclusively(*file, path);
    if (!leads_to(path, *file)) continue;  // replaced while we waited
    const std::string header = header_of(*file, path);
    if (is_ours(header, *file)) {
      const std::string place = place_of(*file, path);
      if (header.substr(kPlaceAt, place.size()) != place) forget_everything(*file, path);
      // A mapping would keep the lock when the descriptor is closed.
      ::flock(file->get(), LOCK_UN);
      return std::move(*file);
    }
    if (!header.starts_with(kFamily)) {
      throw Error(Code::kCorrupt, fmt::format("{}: this is no client memory; remove it or name "
                                              "another file",
                                              path));
    }
    AtomicFile newer(directory_of(path), path, 0600);
    fill(newer, like);
    newer.commit(false);
  }
  throw Error(Code::kUnavailable, path + ": others replace it again and again");
}

ClientMemory::Mapping::Mapping(const Fd& file, std::string name)
    : memory(file, name, kMemoryFileBytes, true), path(std::move(name)) {
  for (std::size_t i = 0; i < secret.size() / 8; ++i) {
    const std::uint64_t word = memory.word(kSecretAt / 8 + i).load(std::memory_order_relaxed);
    std::memcpy(secret.data() + 8 * i, &word, sizeof(word));
  }
}

}  // namespace metaset::group
