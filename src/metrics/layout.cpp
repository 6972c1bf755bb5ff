#include "metrics/layout.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"

namespace metaset::metrics {
namespace {

constexpr std::string_view kFamily = "MSCNT";  // of all versions
const std::uint64_t kMagic = word_of("MSCNT001");

using Header = std::array<std::uint64_t, kFirstNote>;

std::uint64_t mix(std::uint64_t sum, std::uint64_t value) {
  sum = (sum ^ value) * 0x9e37'79b9'7f4a'7c15;
  return sum ^ (sum >> 29);
}

// Of all that decides which word means what: a program that counts differently has another one.
std::uint64_t fingerprint_of(const Header& header) {
  std::uint64_t sum = mix(kSlotWords, kOperationWords);
  for (const int status : kStatuses) sum = mix(sum, static_cast<std::uint64_t>(status));
  for (const std::uint64_t bound : kBounds) sum = mix(sum, bound);
  sum = mix(sum, static_cast<std::uint64_t>(Event::kCount));
  sum = mix(sum, static_cast<std::uint64_t>(Note::kCount));
  sum = mix(sum, header[kOperationsWord]);
  for (std::size_t at = kFirstName; at < kFirstNote; ++at) sum = mix(sum, header[at]);
  return sum;
}

Header header_for(std::span<const std::string> operations) {
  if (operations.size() > kMaxOperations) {
    throw Error(Code::kInternal, fmt::format("{} operations cannot be counted", operations.size()));
  }
  Header header{};
  header[0] = kMagic;
  header[1] = kFileBytes;
  header[kOperationsWord] = operations.size();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::string& name = operations[i];
    if (name.size() > kMaxOperationName) throw Error(Code::kInternal, name + " is too long");
    std::memcpy(&header[kFirstName + i * kNameWords], name.data(), name.size());
  }
  header[kFingerprintWord] = fingerprint_of(header);
  return header;
}

flock range_of(std::size_t slot, short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(slot);
  range.l_len = 1;
  return range;
}

}  // namespace

std::string new_content(std::span<const std::string> operations) {
  const Header header = header_for(operations);
  std::string bytes(kFileBytes, '\0');
  std::memcpy(bytes.data(), header.data(), sizeof header);
  return bytes;
}

SharedFileIs judge(const Fd& file, const std::string& path,
                   std::span<const std::string> operations) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error(errno, "looking at", path);
  Header header{};
  const std::size_t count =
      read_at(file.get(), reinterpret_cast<char*>(header.data()), sizeof header, 0, path);
  if (count == 0) return SharedFileIs::kOutdated;
  if (count < kFamily.size() || std::memcmp(header.data(), kFamily.data(), kFamily.size()) != 0) {
    return SharedFileIs::kForeign;
  }
  const bool whole = count == sizeof header && status.st_size == off_t{kFileBytes} &&
                     header[0] == kMagic && header[1] == kFileBytes &&
                     header[kOperationsWord] <= kMaxOperations &&
                     header[kFingerprintWord] == fingerprint_of(header);
  if (!whole) return SharedFileIs::kOutdated;
  const bool same =
      operations.empty() || header[kFingerprintWord] == header_for(operations)[kFingerprintWord];
  return same ? SharedFileIs::kUsable : SharedFileIs::kOutdated;
}

// Locks of the open file, not of the process: they are there until it is closed, by whomever.
bool lock_slot(const Fd& file, std::size_t slot) noexcept {
  struct flock range = range_of(slot, F_WRLCK);
  return ::fcntl(file.get(), F_OFD_SETLK, &range) == 0;
}

bool is_owned(const Fd& file, std::size_t slot) noexcept {
  struct flock range = range_of(slot, F_RDLCK);
  return ::fcntl(file.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace metaset::metrics
