#include "metaset/http/counter_files.h"

#include "metaset/http/routes.h"
#include "metaset/store/layout.h"

namespace metaset::http {

std::shared_ptr<metrics::Counters> CounterFiles::get(const Config& config, const Logger& log,
                                                     Clock::time_point now) {
  return files_.get(config.metrics, log, now, "Requests are not counted", [&] {
    return std::make_shared<metrics::Counters>(config.metrics, store::lock_file_path(config.root),
                                               operation_names(routes()), program_, place_);
  });
}

}  // namespace metaset::http
