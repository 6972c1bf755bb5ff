// Paths that are no operation: robots.txt, the list of metasets, signed statements, and the web
// pages (man/metaset-web.5).
#include "metaset/depot/robots.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/web/pages.h"

#include "http/handlers.h"
#include "http/page_site.h"

namespace metaset::http {
namespace {

constexpr std::string_view kNothing = "Nothing matches the given URI.";

// The last segment of a page's address names it; a directory's ends with a slash.
void redirect(Exchange& exchange, std::string location) {
  exchange.response.status = 301;
  exchange.response.content_type = "text/plain; charset=utf-8";
  exchange.response.cache = Cache::kPage;
  exchange.response.add_header("Location", std::move(location));
}

void answer_home(Exchange& exchange) {
  PageSite page(exchange);
  if (page.is_current()) return;
  exchange.response.body = web::home_page(page.site());
}

}  // namespace

void handle_pages(Exchange& exchange) {
  const auto segments = exchange.target.segments();
  const std::string_view first = segments.empty() ? std::string_view() : segments[0].text;
  if (segments.size() == 1 && first == "robots.txt") {
    exchange.response.content_type = "text/plain";
    exchange.response.body = depot::kRobotsText;
    return;
  }
  if (segments.size() == 1 && first == "metaset") return handle_metasets(exchange);
  if (segments.size() == 1 && first == "statement") return handle_statement(exchange);
  const PagePath path = page_path(exchange);
  if (path.name.empty()) {
    if (!exchange.target.ends_with_slash()) return redirect(exchange, path.with_slash);
    return answer_home(exchange);
  }
  if (path.rest.empty() && answer_style(exchange, path.name)) return;
  throw StatusError(404, std::string(kNothing));
}

}  // namespace metaset::http
