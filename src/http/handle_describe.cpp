// Packages, publishers and the depot in words and JSON (protocol/http.md sections 5.7 to 5.10).
#include "metaset/depot/fmri_argument.h"
#include "metaset/depot/info.h"
#include "metaset/depot/p5i.h"
#include "metaset/depot/publisher_document.h"
#include "metaset/depot/status.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"

#include "http/handlers.h"

namespace metaset::http {
namespace {

constexpr std::string_view kP5iType = "application/vnd.pkg5.info";

const depot::ReadSession& session_of(Exchange& exchange) {
  return exchange.state_as<DepotState>().session(exchange);
}

// All arguments as one FMRI or pattern; proxies may have decoded its slashes.
std::string argument_of(const Exchange& exchange, const depot::ReadSession& session) {
  const auto arguments = exchange.target.arguments();
  return depot::repair_argument(arguments.empty() ? std::string_view() : arguments[0].text,
                                exchange.target.joined_arguments(), session.publishers());
}

}  // namespace

void handle_info(Exchange& exchange) {
  const depot::ReadSession& session = session_of(exchange);
  const std::string_view prefix = exchange.target.publisher();
  exchange.response.body =
      depot::package_info(session.view(), session.publishers(), session.store().payloads(), prefix,
                          depot::parse_package_argument(argument_of(exchange, session), prefix));
}

void handle_p5i(Exchange& exchange) {
  const depot::ReadSession& session = session_of(exchange);
  exchange.response.content_type = kP5iType;
  // A pattern's answer changes with the catalog: only clients of a full FMRI could keep it a year.
  exchange.response.cache = Cache::kRevalidate;
  exchange.response.body =
      depot::p5i_documents(session.view(), session.publishers(), exchange.target.publisher(),
                           argument_of(exchange, session));
}

void handle_publisher(Exchange& exchange) {
  const depot::ReadSession& session = session_of(exchange);
  exchange.response.content_type = kP5iType;
  exchange.response.body =
      depot::publisher_document(session.publishers(), exchange.target.publisher());
  const depot::PublisherFacts* first = session.publishers().default_publisher();
  if (first != nullptr) {
    exchange.response.refresh_seconds =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(first->refresh_seconds(), 365 * 86400));
  }
}

void handle_status(Exchange& exchange) {
  auto& state = exchange.state_as<DepotState>();
  const depot::ReadSession& session = state.session(exchange);
  const auto& counters = state.counters();
  exchange.response.content_type = kJsonType;
  exchange.response.body = depot::status_document(
      session.view(), session.publishers(), {counters.catalog, counters.file, counters.manifests});
}

}  // namespace metaset::http
