// What metasets there are, in JSON: /metaset/ and the part of api/1 that needs only `committed`.
//
//   GET /metaset/ or api/1/metaset ?limit=NUMBER&before=NUMBER
//        {"active", "latest", "scheduled", "metasets": [newest first],
//         "next": the following page or null}
//   GET api/1/metaset/METASET   one of them
//   GET api/1/diff/METASET/METASET ?actions=1   what differs (depot/diff.h)
//   GET api/1/tag               [{"name", "metaset", "time", "who"}]
//   GET [/metaset/METASET]/statement   what was signed of a metaset
// Where only tagged metasets are shown, the others are left out; those that were collected always.

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/diff.h"
#include "metaset/depot/documents.h"
#include "metaset/http/depot_state.h"
#include "metaset/http/error_page.h"
#include "metaset/store/active.h"
#include "metaset/store/collected.h"
#include "metaset/store/statement.h"
#include "metaset/store/tags.h"

#include "http/api_members.h"
#include "http/handlers.h"
#include "http/past_views.h"
#include "http/query_values.h"

namespace metaset::http {
namespace {

constexpr std::uint64_t kMetasetsOnPage = 100;
constexpr std::uint64_t kMaxMetasetsOnPage = 1000;
constexpr std::size_t kMostComparedPackages = 1000;

const store::View& view_of_metasets(Exchange& exchange) {
  require_past_views(exchange.config);
  return exchange.state_as<DepotState>().session(exchange).view();
}

store::View shown_metaset(Exchange& exchange, std::string_view name) {
  const store::View& view = view_of_metasets(exchange);
  const store::View there = view.at(store::require_metaset(view.env(), view.txn(), name));
  require_shown(exchange.config, there);
  return there;
}

void answer_one(Exchange& exchange, std::string_view name) {
  const store::View there = shown_metaset(exchange, name);
  rapidjson::Document document;
  answer_json(exchange, depot::metaset_json(there, there.record(), document));
}

// Comparing manifests is work, and its result is large: not for half a distribution at once.
void require_few_packages(const store::View& from, const store::View& to) {
  std::size_t packages = 0;
  depot::diff_metasets(from, to, depot::DiffDepth::kPackages, [&](const depot::PackageDiff&) {
    if (++packages <= kMostComparedPackages) return;
    throw Error(Code::kLimit,
                fmt::format("More than {} packages differ: ask without their actions.",
                            kMostComparedPackages));
  });
}

}  // namespace

void api_diff(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (arguments.size() < 3) throw Error(Code::kInvalid, "Two metasets must be named.");
  const store::View from = shown_metaset(exchange, arguments[1].text);
  const store::View to = shown_metaset(exchange, arguments[2].text);
  const bool actions = form_value(exchange.target.query(), "actions").has_value();
  if (actions) require_few_packages(from, to);
  rapidjson::Document document;
  answer_json(
      exchange,
      depot::diff_json(from, to, actions ? depot::DiffDepth::kActions : depot::DiffDepth::kPackages,
                       document));
}

void handle_metasets(Exchange& exchange) {
  const store::View& view = view_of_metasets(exchange);
  const auto limit = number_in_query(exchange, "limit", kMetasetsOnPage, {1, kMaxMetasetsOnPage});
  const auto latest = store::View::latest_number(view.env(), view.txn());
  const auto before = number_in_query(exchange, "before", latest + 1, {1, ~std::uint64_t{0}});
  const bool all = exchange.config.past_views == PastViews::kAll;
  const auto tags = store::tags_by_metaset(view.env(), view.txn());
  const auto collected = store::CollectedMetasets::load(view.env(), view.txn());
  rapidjson::Document document(rapidjson::kObjectType);
  auto& allocator = document.GetAllocator();
  rapidjson::Value list(rapidjson::kArrayType), next;
  lmdb::Cursor cursor(view.txn(), view.env().table(store::kMetasets));
  for (bool more = cursor.seek_at_most(store::u64_key(before - 1)); more;
       more = cursor.previous()) {
    const auto record = store::MetasetRecord::decode(cursor.value());
    if (!all && !tags.contains(record.number)) continue;
    if (collected.has(record.number)) continue;
    if (list.Size() == limit) {
      next = depot::json_text(fmt::format("{}/metaset/?before={}&limit={}",
                                          exchange.target.prefix(), record.number + 1, limit),
                              document);
      break;
    }
    list.PushBack(depot::metaset_json(view, record, tags, document), allocator);
  }
  document.AddMember("active", store::View::active_number(view.env(), view.txn()), allocator);
  document.AddMember("latest", latest, allocator);
  document.AddMember(
      "scheduled", depot::schedule_json(store::pending_schedule(view.env(), view.txn()), document),
      allocator);
  document.AddMember("metasets", list, allocator);
  document.AddMember("next", next, allocator);
  answer_json(exchange, document);
}

// Those of the view's metaset, one after the other (store/statement.h).
void handle_statement(Exchange& exchange) {
  const store::View& view = exchange.state_as<DepotState>().session(exchange).view();
  std::string text;
  for (const auto& statement : store::statements_of(view.env(), view.txn(), view.number())) {
    text += statement.text();
  }
  if (text.empty()) {
    throw StatusError(404, fmt::format("Nobody has signed metaset {}.", view.number()));
  }
  exchange.response.content_type = "text/plain; charset=utf-8";
  exchange.response.body = std::move(text);
}

void api_metasets(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  if (arguments.size() > 1) return answer_one(exchange, arguments[1].text);
  handle_metasets(exchange);
}

void api_tags(Exchange& exchange) {
  const store::View& view = view_of_metasets(exchange);
  rapidjson::Document document(rapidjson::kArrayType);
  for (const store::Tag& tag : store::list_tags(view.env(), view.txn())) {
    document.PushBack(depot::tag_json(tag, document), document.GetAllocator());
  }
  answer_json(exchange, document);
}

}  // namespace metaset::http
