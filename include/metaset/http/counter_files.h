// The files of counters that a process counts in, each mapped once.
// Thread-safety: any thread. Errors: none; what cannot be counted is logged once, and all goes on
// without.
#pragma once

#include <memory>

#include "metaset/base/log.h"
#include "metaset/http/config.h"
#include "metaset/http/kept_files.h"
#include "metaset/metrics/counters.h"

namespace metaset::http {

class CounterFiles {
 public:
  using Clock = KeptFiles<metrics::Counters>::Clock;
  CounterFiles(metrics::Program program, metrics::Place place) : program_(program), place_(place) {}

  // That of the location. Null if it cannot be used. Follows a file that was replaced.
  std::shared_ptr<metrics::Counters> get(const Config& config, const Logger& log,
                                         Clock::time_point now);

 private:
  metrics::Program program_;
  metrics::Place place_;
  KeptFiles<metrics::Counters> files_;
};

}  // namespace metaset::http
