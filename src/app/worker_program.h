// What both worker programs have in common: their options, and how they begin and end.
#pragma once

#include <functional>
#include <string>

#include "metaset/base/log.h"
#include "metaset/fcgi/serve.h"
#include "metaset/metrics/counters.h"

namespace metaset::app {

struct WorkerProgram {
  std::string name;
  std::string purpose;  // for --help
  unsigned processes;   // unless the command line says how many
  // Runs in each worker process, with the number of its threads: what it opens does not cross the
  // fork.
  std::function<http::HandlerFactory(unsigned threads, const Logger& log)> make_service;
};

// Serves as the command line and the environment say. The exit status; what is wrong was told.
int run(const WorkerProgram& program, int argc, char** argv);

// A process for one request is not worth a slot of its own.
metrics::Place counting_place();

}  // namespace metaset::app
