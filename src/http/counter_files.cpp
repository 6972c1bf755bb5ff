#include "metaset/http/counter_files.h"

#include "metaset/base/error.h"
#include "metaset/http/routes.h"
#include "metaset/store/layout.h"

namespace metaset::http {
namespace {

constexpr std::chrono::seconds kOpenAgain{10};

}  // namespace

std::shared_ptr<metrics::Counters> CounterFiles::get(const Config& config, const Logger& log,
                                                     Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[config.metrics];
  if (entry.counters && entry.counters->is_at(config.metrics)) return entry.counters;
  const bool tried = entry.tried != Clock::time_point();
  if (tried && now - entry.tried < kOpenAgain && !entry.counters) return nullptr;
  entry.tried = now;
  try {
    entry.counters =
        std::make_shared<metrics::Counters>(config.metrics, store::lock_file_path(config.root),
                                            operation_names(routes()), program_, place_);
    entry.complained = false;
  } catch (const Error& error) {
    // A directory that is away for a moment: better what was there.
    if (entry.counters || entry.complained) return entry.counters;
    entry.complained = true;
    log.warning(std::string("Requests are not counted: ") + error.what());
  }
  return entry.counters;
}

}  // namespace metaset::http
