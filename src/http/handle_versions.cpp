#include "metaset/http/routes.h"

#include "http/handlers.h"

namespace metaset::http {

void handle_versions(Exchange& exchange) {
  exchange.response.body = versions_text(exchange.table, exchange.config, exchange.role);
}

}  // namespace metaset::http
