// The part of api/1 that says what the web pages say (man/metaset-web.5), below every view:
//
//   GET api/1/publisher
//   GET api/1/package ?under=&class=&q=&versions=all&first=&limit=
//   GET api/1/package/NAME[@VERSION] ?paths=1
//   GET api/1/class
//   GET api/1/change ?limit=
#include <charconv>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/http/routes.h"
#include "metaset/web/documents.h"

#include "http/api_members.h"
#include "http/handlers.h"
#include "http/page_site.h"

namespace metaset::http {
namespace {

constexpr std::uint64_t kMostListed = 1000;

std::uint64_t number_argument(const Exchange& exchange, std::string_view name,
                              std::uint64_t otherwise, std::uint64_t most) {
  const auto text = form_value(exchange.target.query(), name);
  if (!text) return otherwise;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || number > most) {
    throw Error(Code::kInvalid,
                fmt::format("{} is '{}': it must be a number up to {}.", name, *text, most));
  }
  return number;
}

std::string text_argument(const Exchange& exchange, std::string_view name) {
  std::string text = form_value(exchange.target.query(), name).value_or("");
  if (text.size() > 255) {
    throw Error(Code::kInvalid, fmt::format("{} has more than 255 bytes.", name));
  }
  return text;
}

// Calls answer(site, document) for the whole view, as pages see it, unless the client has it.
template <typename Answer>
void answer_site(Exchange& exchange, Answer answer) {
  auto& state = exchange.state_as<DepotState>();
  // Looking for the publisher may have begun one that is not of the whole view.
  state.session(exchange).end();
  Exchange whole{exchange.request, exchange.target,   exchange.config,
                 page_route(),     exchange.response, exchange.state,
                 exchange.log,     exchange.table,    exchange.role};
  const PageSite page(whole);
  if (page.is_current()) return;
  rapidjson::Document document;
  answer_json(exchange, answer(page.site(), document));
}

void answer_package_list(Exchange& exchange) {
  web::PackagesRequest request;
  request.under = text_argument(exchange, "under");
  if (!request.under.empty() && !request.under.ends_with('/')) request.under += '/';
  request.classification = text_argument(exchange, "class");
  request.filter = text_argument(exchange, "q");
  request.all_versions = text_argument(exchange, "versions") == "all";
  request.first = number_argument(exchange, "first", 0, 1'000'000'000);
  request.limit = number_argument(exchange, "limit", 100, kMostListed);
  answer_site(exchange, [&](const web::Site& site, rapidjson::Document& document) {
    return web::packages_json(site, request, document);
  });
}

}  // namespace

void api_packages(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (arguments.size() < 2) return answer_package_list(exchange);
  std::string fmri;
  for (const Segment& segment : arguments.subspan(1)) {
    if (!fmri.empty()) fmri += '/';
    fmri += segment.text;
  }
  const bool paths = !text_argument(exchange, "paths").empty();
  answer_site(exchange, [&](const web::Site& site, rapidjson::Document& document) {
    return web::package_json(site, fmri, paths, document);
  });
}

void api_publishers(Exchange& exchange) { answer_site(exchange, web::publishers_json); }

void api_classes(Exchange& exchange) { answer_site(exchange, web::classes_json); }

void api_changes(Exchange& exchange) {
  const auto limit = number_argument(exchange, "limit", 100, kMostListed);
  answer_site(exchange, [&](const web::Site& site, rapidjson::Document& document) {
    return web::changes_json(site, limit, document);
  });
}

}  // namespace metaset::http
