// Paths that are no operation: robots.txt, the list of metasets, signed statements, and a page that
// says what this is.
#include "metaset/base/xml.h"
#include "metaset/depot/robots.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"

#include "http/handlers.h"

namespace metaset::http {
namespace {

std::string home_page(const depot::ReadSession& session) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>Package depot</title></head>\n"
      "<body><main><h1>Package depot</h1>\n<p>This address serves packages of the Image Packaging "
      "System. Point a client at it with <code>pkg set-publisher -p</code> and this address.</p>\n"
      "<ul>\n";
  for (const depot::PublisherFacts& publisher : session.publishers().all()) {
    page += "<li>";
    append_xml(publisher.publisher.prefix, page);
    page += ": " + std::to_string(publisher.state.packages) + " packages, " +
            std::to_string(publisher.state.package_versions) + " versions</li>\n";
  }
  return page + "</ul></main></body></html>\n";
}

}  // namespace

void handle_pages(Exchange& exchange) {
  const auto segments = exchange.target.segments();
  if (segments.size() == 1 && segments[0].text == "robots.txt") {
    exchange.response.content_type = "text/plain";
    exchange.response.body = depot::kRobotsText;
    return;
  }
  if (segments.size() == 1 && segments[0].text == "metaset") return handle_metasets(exchange);
  if (segments.size() == 1 && segments[0].text == "statement") return handle_statement(exchange);
  if (!segments.empty()) throw StatusError(404, "Nothing matches the given URI.");
  exchange.response.content_type = "text/html; charset=utf-8";
  exchange.response.add_header("Content-Security-Policy", "default-src 'none'");
  exchange.response.body = home_page(exchange.state_as<DepotState>().session(exchange));
}

}  // namespace metaset::http
