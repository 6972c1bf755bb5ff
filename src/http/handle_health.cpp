// Whether a balancer should send clients here: healthz.
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"

#include "http/handlers.h"

namespace metaset::http {

void handle_health(Exchange& exchange) {
  const Target& target = exchange.target;
  if (!target.publisher().empty() || !target.arguments().empty() || !target.query().empty()) {
    throw StatusError(404, "Nothing matches the given URI.");
  }
  const std::string trouble = exchange.state_as<DepotState>().trouble(exchange);
  if (!trouble.empty()) exchange.response.status = 503;
  exchange.response.body = trouble.empty() ? "ok\n" : trouble + "\n";
}

}  // namespace metaset::http
