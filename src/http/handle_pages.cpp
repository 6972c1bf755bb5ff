// Paths that are no operation: robots.txt, the list of metasets, signed statements, and the web
// pages (man/metaset-web.5).
#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/robots.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/http/routes.h"
#include "metaset/web/pages.h"

#include "http/handlers.h"
#include "http/page_site.h"
#include "http/query_values.h"
#include "http/search_time.h"

namespace metaset::http {
namespace {

constexpr std::size_t kMostNumber = 1'000'000'000'000;
constexpr std::size_t kMostPath = 4096;  // bytes of a directory in a package
constexpr std::chrono::milliseconds kPageTime = std::chrono::seconds(5);  // of a search
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

// `otherwise` for an empty one, too.
std::size_t number_from(const Exchange& exchange, std::string_view name, std::size_t otherwise) {
  if (text_in_query(exchange, name).empty()) return otherwise;
  return number_in_query(exchange, name, otherwise, {1, kMostNumber});
}

void require_history(const PageSite& page) {
  if (page.site().history != web::History::kNone) return;
  throw StatusError(404, "Other metasets are not shown here.");
}

void answer_packages(Exchange& exchange, const PageSite& page) {
  exchange.response.body = web::packages_page(page.site(), packages_in_query(exchange),
                                              number_from(exchange, "page", 1));
}

void answer_find(Exchange& exchange, const PageSite& page) {
  web::FindQuery query = search_in_query(exchange, kMostQueryText);
  query.first = (number_from(exchange, "page", 1) - 1) * query.limit;
  const depot::ReadSession& session = exchange.state_as<DepotState>().session(exchange);
  SearchAllowance allowance(exchange, session);
  allowance.time = std::min(allowance.time, kPageTime);
  SearchTime time(allowance);
  if (!query.text.empty()) require_search_index(session);
  web::FindPage found = web::find_page(page.site(), query, time.limits());
  if (found.bad_query) exchange.response.status = 400;
  if (found.too_long) exchange.response.status = 503;
  exchange.response.body = std::move(found.html);
}

void answer_classes(Exchange& exchange, const PageSite& page) {
  exchange.response.body = web::classes_page(page.site());
}

web::PackageArguments package_in(const Exchange& exchange, std::span<const Segment> fmri) {
  web::PackageArguments arguments;
  arguments.fmri = joined(fmri);
  arguments.under = text_in_query(exchange, "under", kMostPath);
  if (!arguments.under.empty() && !arguments.under.ends_with('/')) arguments.under += '/';
  const std::string part = text_in_query(exchange, "show");
  if (part == "files") arguments.part = web::PackagePart::kFiles;
  if (part == "licences") arguments.part = web::PackagePart::kLicences;
  if (part == "manifest") arguments.part = web::PackagePart::kManifest;
  return arguments;
}

std::string state_of_package(Exchange& exchange, const PagePath& path, const web::Site& site) {
  return web::package_payloads(site, package_in(exchange, path.rest));
}

void answer_package(Exchange& exchange, const PageSite& page) {
  exchange.response.body = web::package_page(page.site(), package_in(exchange, page.path().rest));
}

void answer_metasets(Exchange& exchange, const PageSite& page) {
  require_history(page);
  exchange.response.body =
      web::metasets_page(page.site(), {.before = number_from(exchange, "before", 0)});
}

std::string state_of_metasets(Exchange& /*exchange*/, const PagePath& /*path*/,
                              const web::Site& site) {
  return site.size_notes.state();
}

void answer_metaset(Exchange& exchange, const PageSite& page) {
  require_history(page);
  exchange.response.body =
      web::metaset_page(page.site(), {.name = joined(page.path().rest),
                                      .from = text_in_query(exchange, "from"),
                                      .page = number_from(exchange, "page", 1)});
}

// Addresses of the stock depot's pages, and what has taken their place.
struct StockPage {
  std::string_view name, page;
};
constexpr std::array kStockPages = {
    StockPage{"index.shtml", ""},
    StockPage{"catalog.shtml", "packages"},
    StockPage{"search.shtml", web::kFindPage},
    StockPage{"advanced_search.shtml", web::kFindPage},
    StockPage{"stats.shtml", ""},
};

// "en", "pt_BR"
bool is_language(std::string_view word) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return (word.size() == 2 || (word.size() == 5 && word[2] == '_')) && lower(word[0]) &&
         lower(word[1]);
}

web::Query stock_query(const Exchange& exchange) {
  web::Query query;
  query.add("q", text_in_query(exchange, "token"));
  if (text_in_query(exchange, "show_all_versions") == "1") query.add("versions", "all");
  return query;
}

bool answer_stock_page(Exchange& exchange, const PagePath& path) {
  std::string_view name = path.name;
  if (path.rest.size() == 1 && is_language(name)) {
    name = path.rest[0].text;
  } else if (!path.rest.empty() || name != "index.shtml") {
    return false;
  }
  const auto* const page = std::ranges::find(kStockPages, name, &StockPage::name);
  if (page == kStockPages.end()) return false;
  const Target& target = exchange.target;
  const auto links = web::Links::of_page(target.path().substr(target.prefix().size()), false);
  redirect(exchange, links.page(path.publisher, page->page) +
                         (page->page.empty() ? web::Query() : stock_query(exchange)).text());
  return true;
}

struct Page {
  std::string_view name;
  bool has_rest;  // whether something is named behind it
  void (*answer)(Exchange& exchange, const PageSite& page);
  // What it shows that can change without a metaset.
  std::string (*state)(Exchange& exchange, const PagePath& path, const web::Site& site) = nullptr;
};
constexpr std::array kPageTable = {
    Page{"classes", false, answer_classes},
    Page{web::kFindPage, false, answer_find},
    Page{"package", true, answer_package, state_of_package},
    Page{"packages", false, answer_packages},
    Page{"metasets", false, answer_metasets, state_of_metasets},
    Page{"metasets", true, answer_metaset},
};

bool answer_page(Exchange& exchange, const PagePath& path) {
  const auto page = std::ranges::find_if(kPageTable, [&](const Page& one) {
    return one.name == path.name && one.has_rest != path.rest.empty();
  });
  if (page == kPageTable.end()) return false;
  if (exchange.config.mode == kMirrorMode || exchange.target.ends_with_slash()) return false;
  const PageSite site(exchange, [&](const web::Site& shown) {
    return page->state == nullptr ? std::string() : page->state(exchange, path, shown);
  });
  if (!site.is_current()) page->answer(exchange, site);
  return true;
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
  if (answer_page(exchange, path) || answer_stock_page(exchange, path)) return;
  throw StatusError(404, std::string(kNothing));
}

void handle_feed(Exchange& exchange) {
  const PageSite page(exchange);
  if (page.path().name != kFeedOperation || !page.path().rest.empty()) {
    throw StatusError(404, std::string(kNothing));
  }
  exchange.response.content_type = "application/atom+xml";
  exchange.response.last_modified = page.site().view.record().time;
  if (!page.is_current()) exchange.response.body = web::feed(page.site());
}

}  // namespace metaset::http
