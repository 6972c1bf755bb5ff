// The part of api/1 that says what the web pages say (man/metaset-web.5), below every view:
//
//   GET api/1/publisher
//   GET api/1/package ?under=&class=&q=&versions=all&first=&limit=
//   GET api/1/package/NAME[@VERSION] ?paths=1
//   GET api/1/search ?q=&for=actions&case=1&versions=all&first=&limit=
//   GET api/1/class
//   GET api/1/change ?limit=

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/http/routes.h"
#include "metaset/web/documents.h"
#include "metaset/web/pages.h"

#include "http/api_members.h"
#include "http/handlers.h"
#include "http/page_site.h"
#include "http/query_values.h"
#include "http/search_time.h"

namespace metaset::http {
namespace {

constexpr std::uint64_t kMostListed = 1000;

// Calls answer(site, document) for the whole view, as pages see it, unless the client has it.
template <typename Answer>
void answer_site(Exchange& exchange, Answer answer, const PageSite::More& more = {}) {
  auto& state = exchange.state_as<DepotState>();
  // Looking for the publisher may have begun one that is not of the whole view.
  state.session(exchange).end();
  Exchange whole{exchange.request, exchange.target,   exchange.config,
                 page_route(),     exchange.response, exchange.state,
                 exchange.log,     exchange.table,    exchange.role};
  const PageSite page(whole, more);
  if (page.is_current()) return;
  rapidjson::Document document;
  answer_json(exchange, answer(page.site(), document));
}

void answer_package_list(Exchange& exchange) {
  depot::BrowseQuery query = packages_in_query(exchange);
  query.first = number_in_query(exchange, "first", 0, {0, 1'000'000'000});
  query.limit = number_in_query(exchange, "limit", 100, {0, kMostListed});
  answer_site(exchange, [&](const web::Site& site, rapidjson::Document& document) {
    return web::packages_json(site, query, document);
  });
}

}  // namespace

void api_packages(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (arguments.size() < 2) return answer_package_list(exchange);
  const std::string fmri = joined(arguments.subspan(1));
  const bool paths = !text_in_query(exchange, "paths").empty();
  const auto answer = [&](const web::Site& site, rapidjson::Document& document) {
    return web::package_json(site, fmri, paths, document);
  };
  answer_site(exchange, answer,
              [&](const web::Site& site) { return web::package_payloads(site, {.fmri = fmri}); });
}

void api_search(Exchange& exchange) {
  web::FindQuery query = search_in_query(exchange, ips::kMaxSearchText);
  if (query.text.find_first_not_of(' ') == std::string::npos) {
    throw Error(Code::kInvalid, "q is missing: what is searched for.");
  }
  // What is no query is no search that takes too long either.
  ips::parse_search(query.text);
  query.first = number_in_query(exchange, "first", 0, {0, 1'000'000'000});
  query.limit = number_in_query(exchange, "limit", 100, {1, kMostListed});
  const bool all = text_in_query(exchange, "versions") == "all";
  answer_site(exchange, [&](const web::Site& site, rapidjson::Document& document) {
    const depot::ReadSession& session = exchange.state_as<DepotState>().session(exchange);
    require_search_index(session);
    SearchTime time(SearchAllowance(exchange, session));
    return searching([&] { return web::search_json(site, query, all, time.limits(), document); });
  });
}

void api_publishers(Exchange& exchange) { answer_site(exchange, web::publishers_json); }

void api_classes(Exchange& exchange) { answer_site(exchange, web::classes_json); }

void api_changes(Exchange& exchange) {
  const auto limit = number_in_query(exchange, "limit", 100, {0, kMostListed});
  answer_site(exchange, [&](const web::Site& site, rapidjson::Document& document) {
    return web::changes_json(site, limit, document);
  });
}

}  // namespace metaset::http
