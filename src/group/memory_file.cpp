#include "group/memory_file.h"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"

#include "group/bytes.h"

namespace metaset::group {
namespace {

constexpr std::string_view kFamily = "MSMEM";  // of all versions
constexpr std::string_view kMagic = "MSMEM001";
constexpr std::size_t kPlaceAt = 16, kSecretAt = 48, kHeaderBytes = 8 * kFirstEntry;

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

SharedFileIs judge(const Fd& file, const std::string& path) {
  const std::string header = header_of(file, path);
  if (!header.starts_with(kFamily)) return SharedFileIs::kForeign;
  if (!is_ours(header, file)) return SharedFileIs::kOutdated;
  const std::string place = place_of(file, path);
  if (header.substr(kPlaceAt, place.size()) != place) forget_everything(file, path);
  return SharedFileIs::kUsable;
}

}  // namespace

Fd open_memory_file(const std::string& path, const std::string& like) {
  return open_shared_file(path, like, {"client memory", new_content, judge});
}

ClientMemory::Mapping::Mapping(const Fd& file, std::string name)
    : memory(file, name, kMemoryFileBytes, true), path(std::move(name)) {
  for (std::size_t i = 0; i < secret.size() / 8; ++i) {
    const std::uint64_t word = memory.word(kSecretAt / 8 + i).load(std::memory_order_relaxed);
    std::memcpy(secret.data() + 8 * i, &word, sizeof(word));
  }
}

}  // namespace metaset::group
