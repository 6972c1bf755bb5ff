#include "metaset/group/boot_clock.h"

#include <algorithm>
#include <string>

#include <time.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/hash.h"

namespace metaset::group {

BootTime boot_now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<BootTime>(time.tv_sec) * kSecond + time.tv_nsec;
}

BootId boot_id() {
  constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
  std::string text = read_file(kPath, 64);
  std::erase_if(text, [](char c) { return c == '-' || c == '\n'; });
  const auto bytes = from_hex(text);
  BootId id{};
  if (!bytes || bytes->size() != id.size()) {
    throw Error(Code::kCorrupt, std::string(kPath) + ": not a UUID");
  }
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

}  // namespace metaset::group
