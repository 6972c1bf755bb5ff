#include "metaset/base/error.h"
#include "metaset/http/active_view.h"
#include "metaset/store/layout.h"

namespace metaset::http {
namespace {

constexpr group::BootTime kTryAgain = 10 * group::kSecond;

}  // namespace

std::shared_ptr<group::ClientMemory> ClientMemories::get(const Config& config, const Logger& log,
                                                         group::BootTime now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[config.memory];
  if (entry.memory && entry.memory->is_current()) return entry.memory;
  if (!entry.memory && entry.tried != 0 && now - entry.tried < kTryAgain) return nullptr;
  entry.tried = now;
  try {
    entry.memory = group::ClientMemory::open(config.memory, store::lock_file_path(config.root));
    entry.complained = false;
  } catch (const Error& error) {
    // A repository that is away for a moment: better what was there.
    if (entry.memory || entry.complained) return entry.memory;
    entry.complained = true;
    log.warning(std::string("What clients are given is not remembered: ") + error.what());
  }
  return entry.memory;
}

}  // namespace metaset::http
