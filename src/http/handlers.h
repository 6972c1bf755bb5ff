// The functions that the table names, for this directory. Each answers one operation: it reads the
// exchange, fills the response, or throws Error or StatusError.
#pragma once

#include "metaset/http/exchange.h"

namespace metaset::http {

void handle_versions(Exchange& exchange);
// Every path that is no operation.
void handle_pages(Exchange& exchange);

}  // namespace metaset::http
