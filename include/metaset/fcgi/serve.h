// The main function of a FastCGI or CGI program, without its command line.
#pragma once

#include <string>

#include <sys/types.h>

#include "metaset/base/log.h"
#include "metaset/fcgi/pool.h"

namespace metaset::fcgi {

struct ServeOptions {
  std::string listen;  // Listener::open's address; empty: inherited, or plain CGI
  mode_t socket_mode = 0660;
  PoolOptions pool;
};

// Answers on the socket named in the options, else on an inherited one, else the one request that a
// web server started this process for (CGI). kUsage if it is none of these. Returns the exit
// status.
int serve(const ServeOptions& options, const ServiceFactory& service, const Logger& log);

// True if this process was started to answer one request from its environment and standard input.
bool is_cgi();
// Answers it. Returns the exit status.
int run_cgi(http::Handler& handler);

}  // namespace metaset::fcgi
