#include "http/page_site.h"

#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/hash.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/http/negotiate.h"
#include "metaset/http/routes.h"
#include "metaset/store/active.h"
#include "metaset/store/tags.h"

namespace metaset::http {
namespace {

constexpr std::string_view kHtml = "text/html; charset=utf-8";
// Nothing is run, nothing comes from elsewhere, nobody else shows the page as a part of his own.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'";

bool offers(const Exchange& exchange, std::string_view operation) {
  return std::ranges::any_of(exchange.table, [&](const Route& route) {
    return route.operation == operation && is_offered(route, exchange.config, exchange.role);
  });
}

web::Showing showing(const Exchange& exchange) {
  switch (exchange.target.view()) {
    case View::kMetaset:
      return web::Showing::kPast;
    case View::kStaging:
      return web::Showing::kStaging;
    case View::kActive:
      break;
  }
  return exchange.config.view.empty() ? web::Showing::kActive : web::Showing::kFixed;
}

web::History history(const Exchange& exchange) {
  const Config& config = exchange.config;
  if (config.mode == kMirrorMode || !config.view.empty() ||
      exchange.target.view() == View::kStaging)
    return web::History::kNone;
  switch (config.past_views) {
    case PastViews::kAll:
      return web::History::kAll;
    case PastViews::kTagged:
      return web::History::kTagged;
    case PastViews::kNone:
      break;
  }
  return web::History::kNone;
}

// Only what a host and port consist of: it goes into commands that people copy.
std::string host_of(const Request& request) {
  const std::string_view host = request.header("Host");
  const bool plain = !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
  return plain ? std::string(host) : "localhost";
}

std::string origin_of(const Exchange& exchange) {
  const bool secure = exchange.request.param("REQUEST_SCHEME") == "https" ||
                      exchange.request.param("HTTPS") == "on" ||
                      exchange.request.header("X-Forwarded-Proto") == "https";
  return fmt::format("{}://{}{}/", secure ? "https" : "http", host_of(exchange.request),
                     exchange.target.prefix());
}

// What members of a group would say to those who run it.
std::string group_state(Exchange& exchange) {
  if (exchange.config.group.empty() || exchange.target.view() != View::kActive) return {};
  const std::string trouble = exchange.state_as<DepotState>().trouble(exchange);
  return trouble.empty() ? "This depot takes part in its group." : trouble;
}

// The home page and the list of metasets show it.
std::optional<group::GroupState> group_of(const Exchange& exchange, const PagePath& path) {
  const bool shows = path.rest.empty() && (path.name.empty() || path.name == "metasets");
  if (!shows || exchange.config.group.empty() || exchange.target.view() != View::kActive) {
    return std::nullopt;
  }
  return group::read_group_state(group::group_state_path(exchange.config.group));
}

// Of everything that a page may show besides what its address says.
std::string page_tag(const web::Site& site, const store::View& view, std::string_view more) {
  Hasher hasher(HashKind::kSha256);
  const auto add = [&](std::string_view text) {
    hasher.update(fmt::format("{}:", text.size()));
    hasher.update(text);
  };
  add(site.templates.digest());
  add(bytes_of(view.record().digest));
  add(fmt::format(
      "{} {} {} {} {} {} {} {}", view.number(), store::View::latest_number(view.env(), view.txn()),
      store::View::active_number(view.env(), view.txn()), static_cast<int>(site.showing),
      static_cast<int>(site.history), site.has_packages, site.has_feed, site.has_p5i));
  add(site.shown_name);
  add(site.origin);
  add(site.group);
  if (site.group_state) add(group::to_json(*site.group_state));
  add(more);
  for (const store::Tag& tag : store::list_tags(view.env(), view.txn())) {
    add(fmt::format("{} {}", tag.name, tag.record.number));
  }
  return to_hex(hasher.finish_sha256()).substr(0, 32);
}

bool not_modified(const Exchange& exchange) {
  const Request& request = exchange.request;
  // Whether there is such a page at all is only known when it is made.
  if (request[Param::kIfNoneMatch].find('*') != std::string_view::npos) return false;
  const Conditions conditions{.if_match = request[Param::kIfMatch],
                              .if_none_match = request[Param::kIfNoneMatch],
                              .if_modified_since = request[Param::kIfModifiedSince],
                              .if_unmodified_since = request[Param::kIfUnmodifiedSince]};
  const Response& response = exchange.response;
  return evaluate(conditions, {response.etag, response.last_modified}, true) ==
         Verdict::kNotModified;
}

}  // namespace

PagePath page_path(Exchange& exchange) {
  const Target& target = exchange.target;
  // Links are relative, and browsers count empty segments.
  if (target.path().find("//") != std::string_view::npos) {
    throw StatusError(404, "Nothing matches the given URI: it has an empty segment.");
  }
  PagePath path;
  path.rest = target.segments();
  if (!path.rest.empty()) {
    const std::string_view first = path.rest[0].text;
    if (exchange.state_as<DepotState>().session(exchange).publishers().find(first) != nullptr) {
      path.publisher = first;
      path.rest = path.rest.subspan(1);
    }
  }
  if (!path.rest.empty()) {
    path.name = path.rest[0].text;
    path.rest = path.rest.subspan(1);
  }
  const std::string_view raw = target.path();
  path.with_slash = fmt::format("./{}/", raw.substr(raw.rfind('/') + 1));
  return path;
}

bool answer_style(Exchange& exchange, std::string_view name) {
  if (!name.starts_with("style-") || !name.ends_with(".css")) return false;
  web::Templates& templates = exchange.state_as<DepotState>().templates(exchange.config.templates);
  if (name != templates.style_name()) return false;
  exchange.response.content_type = "text/css; charset=utf-8";
  exchange.response.cache = Cache::kImmutable;
  exchange.response.etag = std::string(name.substr(6, name.size() - 10));
  exchange.response.add_header("X-Content-Type-Options", "nosniff");
  exchange.response.body = templates.style();
  return true;
}

PageSite::PageSite(Exchange& exchange, const More& more) : path_(page_path(exchange)) {
  auto& state = exchange.state_as<DepotState>();
  const depot::ReadSession& session = state.session(exchange);
  const Target& target = exchange.target;
  texts_.emplace(session.store().payloads());
  site_.emplace(web::Site{
      .templates = state.templates(exchange.config.templates),
      .cache = state.page_cache(),
      .outlines = session.store().outlines(),
      .size_notes = session.store().size_notes(),
      .texts = *texts_,
      .view = session.view(),
      .publishers = session.publishers(),
      .links = web::Links::of_page(target.path().substr(target.prefix().size()),
                                   target.view() != View::kActive),
      .origin = origin_of(exchange),
      .publisher = path_.publisher,
      .showing = showing(exchange),
      .shown_name = std::string(target.view_name()),
      .history = history(exchange),
      .has_packages = exchange.config.mode != kMirrorMode,
      .has_feed = offers(exchange, kFeedOperation),
      .has_p5i = offers(exchange, "p5i"),
      .group = group_state(exchange),
      .group_state = group_of(exchange, path_),
  });
  Response& response = exchange.response;
  response.content_type = kHtml;
  response.cache = Cache::kPage;
  response.etag = page_tag(*site_, session.view(), more ? more(*site_) : std::string());
  response.add_header("Content-Security-Policy", std::string(kPolicy));
  response.add_header("X-Content-Type-Options", "nosniff");
  // Tokens can be in addresses.
  response.add_header("Referrer-Policy", "no-referrer");
  current_ = not_modified(exchange);
}

}  // namespace metaset::http
