// catalog/0 and catalog/1 (protocol/http.md sections 5.1 and 5.2).
#include "metaset/depot/catalog.h"
#include "metaset/depot/fmri_argument.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"

#include "http/handlers.h"

namespace metaset::http {
namespace {

// A shared string that lives as long as what it is part of.
SharedBody part_of(const std::shared_ptr<const store::AttrsFile>& attrs, const std::string& text) {
  return {attrs, &text};
}

}  // namespace

void handle_catalog_0(Exchange& exchange) {
  auto& state = exchange.state_as<DepotState>();
  ++state.counters().catalog;
  const depot::ReadSession& session = state.session(exchange);
  const depot::PublisherFacts& publisher =
      depot::publisher_for_catalog_0(session.publishers(), exchange.target.publisher());
  std::string text;
  depot::write_catalog_0(session.view(), publisher,
                         [&](std::string_view piece) { text.append(piece); });
  exchange.response.add_header("X-Catalog-Type", "full");
  // Not an HTTP date: the clients of catalog/0 want it in this form.
  exchange.response.add_header("Last-Modified",
                               iso_timestamp(publisher.state.last_modified) + "+00:00");
  exchange.response.body = std::move(text);
}

void handle_catalog_1(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (arguments.empty()) throw StatusError(403, std::string(depot::kNoListing));
  // As the stock depot: a file has no variants, and a query must not become a way around caches.
  if (!exchange.target.query().empty()) throw StatusError(404, "Nothing matches the given URI");
  auto& state = exchange.state_as<DepotState>();
  ++state.counters().catalog;
  const depot::ReadSession& session = state.session(exchange);
  const depot::PublisherFacts& publisher =
      session.publishers().named_or_default(exchange.target.publisher());
  const depot::CatalogAnswer answer = depot::find_catalog_file(
      session.view(), session.catalog_files(), publisher, arguments[0].text);
  Response& response = exchange.response;
  if (answer.attrs) {
    response.body = TwinBody{part_of(answer.attrs, answer.attrs->text),
                             part_of(answer.attrs, answer.attrs->gzip)};
    response.etag = to_hex(answer.attrs->sha1);
    response.last_modified = answer.attrs->last_modified;
    return;
  }
  response.etag = to_hex(answer.file.sha1);
  response.last_modified = answer.file.last_modified;
  if (answer.file.path.empty()) {
    response.body = answer.file.text;
  } else {
    response.body = FileBody{answer.file.path, answer.file.path + ".gz", answer.file.size};
  }
}

}  // namespace metaset::http
