#include "metaset/http/error_page.h"

#include "http/handlers.h"

namespace metaset::http {

void handle_pages(Exchange& exchange) {
  // Crawlers would fetch every package version there is.
  constexpr std::string_view kRobots = "User-agent: *\nDisallow: /\n";
  const auto segments = exchange.target.segments();
  if (segments.size() != 1 || segments[0].text != "robots.txt") {
    throw StatusError(404, "Nothing matches the given URI.");
  }
  exchange.response.body = kRobots;
}

}  // namespace metaset::http
