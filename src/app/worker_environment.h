// The environment in which metaset-serve and metaset-publish wait for FastCGI requests.
#pragma once

#include "metaset/base/log.h"

namespace metaset::app {

// Warns of METASET_ variables in it that nobody knows, and of parameters of locations: they come
// with each request; what somebody wanted to say with them is not so. Not for CGI, where the
// environment is the request.
void check_worker_environment(const Logger& log);

}  // namespace metaset::app
