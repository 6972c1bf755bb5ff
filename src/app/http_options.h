// Options of commands that ask other depots over HTTP.
#pragma once

#include "metaset/net/http_client.h"

#include "cli.h"

namespace metaset::app {

// --ca-file, --client-cert, --client-key, --proxy, --timeout. `http` has to live until the command
// has run.
void add_http_options(CLI::App& command, net::HttpOptions& http);
// --token-file: the token is read when the option is.
void add_token_option(CLI::App& command, net::HttpOptions& http);

}  // namespace metaset::app
