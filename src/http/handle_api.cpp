// api/1: releases for build systems, JSON in and out (man/metaset-publish.8).
//
//   GET  api/1/metaset             the metasets, newest first (handle_metasets.cpp)
//   GET  api/1/metaset/METASET     one of them
//   GET  api/1/diff/A/B            what differs between two of them
//   GET  api/1/tag                 the tags
//   GET  api/1/transfer            what replicas can have (handle_transfer.cpp)
//   GET  api/1/transfer/NUMBER     one metaset for a replica
//   GET  api/1/manifest/SHA-256    a manifest by its digest
//   GET  api/1/package, publisher, search, class, change
//                                  what the web pages say (handle_api_packages.cpp)
//   GET  api/1/group               the group that the depot is in (handle_group.cpp)
//   GET  api/1/stage               the staging areas
//   GET  api/1/stage/AREA          the changes of one
//   POST api/1/commit              {"message", "hold", "dry-run", "deep", "warn": [checks]}
//   POST api/1/activate            {"metaset", "at"}, or {"cancel"}
//   POST api/1/rollback            {"metaset", "message", "hold"}
//   POST api/1/tag                 {"metaset", "name", "move"}
//   POST api/1/untag               {"name"}
//   POST api/1/abandon             {}
// A metaset is a number, or a text that names it (store/tags.h).
// What changes an area changes that of the request: the location's, or AREA below /staging/AREA/.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/audited.h"
#include "metaset/depot/documents.h"
#include "metaset/http/error_page.h"
#include "metaset/http/publish_state.h"
#include "metaset/http/routes.h"
#include "metaset/store/tags.h"

#include "http/api_members.h"
#include "http/handlers.h"
#include "http/publisher_access.h"

namespace metaset::http {
namespace {

constexpr std::array kMayName = {store::Right::kCommit};

OpenPublication& open_publication(Exchange& exchange) {
  return exchange.state_as<PublishState>().publication(exchange);
}

// Every right for every publisher that the area changes; for one without changes, for all.
depot::Publication::Caller release_access(Exchange& exchange,
                                          std::span<const store::Right> rights) {
  const store::Staging staging(open_publication(exchange).repository()->store().staging());
  std::set<std::string> publishers;
  if (const auto area = staging.area(area_of(exchange))) {
    for (const auto& change : staging.changes(area->record.id)) {
      publishers.insert(change.record.publisher);
    }
  }
  if (publishers.empty()) publishers.insert("");
  depot::Publication::Caller caller;
  for (const std::string& publisher : publishers) {
    caller = publisher_access(exchange, rights, publisher);
  }
  return caller;
}

void api_stage(Exchange& exchange) {
  const auto arguments = exchange.target.arguments();
  const store::Staging staging(open_publication(exchange).repository()->store().staging());
  rapidjson::Document document;
  if (arguments.size() < 2) {
    require_area_access(exchange);
    answer_json(exchange, depot::areas_json(staging.areas(), document));
    return;
  }
  require_area_access(exchange, arguments[1].text);
  const auto area = staging.area(arguments[1].text);
  const auto changes = area ? staging.changes(area->record.id) : std::vector<store::StagedChange>();
  answer_json(exchange, depot::changes_json(changes, document));
}

void api_commit(Exchange& exchange) {
  ApiMembers members(exchange);
  depot::CommitCheckOptions check;
  store::CommitOptions commit;
  check.area = area_of(exchange);
  check.warn = members.texts("warn");
  check.deep = members.flag("deep");
  commit.message = members.text("message");
  commit.activate = !members.flag("hold");
  const bool dry_run = members.flag("dry-run");
  members.finish();
  std::vector<store::Right> rights{store::Right::kCommit};
  if (commit.activate && !dry_run) rights.push_back(store::Right::kActivate);
  const auto caller = release_access(exchange, rights);
  commit.who = caller.owner.who;
  OpenPublication& open = open_publication(exchange);
  store::Repository& repository = open.repository()->store();
  const depot::CommitOutcome outcome =
      dry_run ? depot::CommitOutcome{depot::check_commit(repository, check), {}, {}}
              : depot::commit_area(repository, {caller.owner.who, caller.address}, check, commit);
  if (outcome.metaset) open.committed();
  if (outcome.report.errors() > 0) exchange.response.status = 409;
  rapidjson::Document document;
  answer_json(exchange, depot::outcome_json(repository, outcome, document));
}

void api_activate(Exchange& exchange) {
  ApiMembers members(exchange);
  const bool cancel = members.flag("cancel");
  const std::string at = members.text("at");
  const std::string metaset = cancel ? "" : members.metaset();
  members.finish();
  if (cancel && !at.empty()) throw Error(Code::kInvalid, "'at' does not go with 'cancel'.");
  constexpr std::array kRights = {store::Right::kActivate};
  const auto caller = publisher_access(exchange, kRights, "");
  const store::Actor actor{caller.owner.who, caller.address};
  store::Repository& repository = open_publication(exchange).repository()->store();
  rapidjson::Document document(rapidjson::kObjectType);
  auto& allocator = document.GetAllocator();
  if (cancel) {
    const auto done = depot::cancel_activation(repository, actor);
    document.AddMember("cancelled", depot::schedule_json(done, document), allocator);
    return answer_json(exchange, document);
  }
  const auto number = store::require_metaset(repository, metaset);
  const auto done =
      at.empty() ? depot::activate_metaset(repository, actor, number)
                 : depot::activate_metaset_at(repository, actor, number, store::parse_moment(at));
  document.AddMember("before", done.before, allocator);
  document.AddMember("active", done.now, allocator);
  if (!at.empty()) {
    document.AddMember("scheduled", depot::schedule_json(done.scheduled, document), allocator);
  }
  answer_json(exchange, document);
}

void api_rollback(Exchange& exchange) {
  ApiMembers members(exchange);
  store::RollbackOptions options;
  const std::string wanted = members.metaset();
  options.message = members.text("message");
  options.activate = !members.flag("hold");
  members.finish();
  std::vector<store::Right> rights{store::Right::kCommit};
  if (options.activate) rights.push_back(store::Right::kActivate);
  const auto caller = publisher_access(exchange, rights, "");
  options.who = caller.owner.who;
  OpenPublication& open = open_publication(exchange);
  store::Repository& repository = open.repository()->store();
  options.number = store::require_metaset(repository, wanted);
  const auto record = depot::rollback_to(repository, {caller.owner.who, caller.address}, options);
  if (record) open.committed();
  rapidjson::Document document(rapidjson::kObjectType);
  rapidjson::Value metaset;
  if (record) metaset = depot::metaset_json(repository, *record, document);
  document.AddMember("metaset", metaset, document.GetAllocator());
  answer_json(exchange, document);
}

void api_abandon(Exchange& exchange) {
  ApiMembers(exchange).finish();
  constexpr std::array kRights = {store::Right::kPublish};
  const auto caller = release_access(exchange, kRights);
  const auto done = depot::abandon_changes(open_publication(exchange).repository()->store(),
                                           {caller.owner.who, caller.address}, area_of(exchange));
  rapidjson::Document document(rapidjson::kObjectType);
  auto& allocator = document.GetAllocator();
  document.AddMember("changes", done.changes, allocator);
  document.AddMember("payloads", done.payloads, allocator);
  document.AddMember("payload-bytes", done.payload_bytes, allocator);
  document.AddMember("payloads-left", done.left, allocator);
  answer_json(exchange, document);
}

void api_tag(Exchange& exchange) {
  ApiMembers members(exchange);
  const std::string metaset = members.metaset();
  depot::Tagging tagging;
  tagging.name = members.text("name");
  tagging.move = members.flag("move");
  members.finish();
  const auto caller = publisher_access(exchange, kMayName, "");
  store::Repository& repository = open_publication(exchange).repository()->store();
  tagging.who = caller.owner.who;
  tagging.number = store::require_metaset(repository, metaset);
  const auto before = depot::tag_metaset(repository, {tagging.who, caller.address}, tagging);
  rapidjson::Document document(rapidjson::kObjectType);
  rapidjson::Value was;
  if (before) was.SetUint64(*before);
  document.AddMember("before", was, document.GetAllocator());
  document.AddMember("metaset", tagging.number, document.GetAllocator());
  answer_json(exchange, document);
}

void api_untag(Exchange& exchange) {
  ApiMembers members(exchange);
  const std::string name = members.text("name");
  members.finish();
  const auto caller = publisher_access(exchange, kMayName, "");
  const auto before = depot::untag_metaset(open_publication(exchange).repository()->store(),
                                           {caller.owner.who, caller.address}, name);
  rapidjson::Document document(rapidjson::kObjectType);
  document.AddMember("before", before, document.GetAllocator());
  answer_json(exchange, document);
}

// Of the processes only metaset-publish has the staging environment open.
enum class ApiNeeds { kCommitted, kStaging };

struct ApiResource {
  std::string_view name;
  ApiNeeds needs;
  HandlerFunction get;   // null: not offered
  HandlerFunction post;  // null: not offered
};
constexpr std::array kResources = {
    ApiResource{"abandon", ApiNeeds::kStaging, nullptr, api_abandon},
    ApiResource{"activate", ApiNeeds::kStaging, nullptr, api_activate},
    ApiResource{"change", ApiNeeds::kCommitted, api_changes, nullptr},
    ApiResource{"class", ApiNeeds::kCommitted, api_classes, nullptr},
    ApiResource{"commit", ApiNeeds::kStaging, nullptr, api_commit},
    ApiResource{"diff", ApiNeeds::kCommitted, api_diff, nullptr},
    ApiResource{"group", ApiNeeds::kCommitted, api_group, nullptr},
    ApiResource{"manifest", ApiNeeds::kCommitted, api_manifest, nullptr},
    ApiResource{"metaset", ApiNeeds::kCommitted, api_metasets, nullptr},
    ApiResource{"package", ApiNeeds::kCommitted, api_packages, nullptr},
    ApiResource{"publisher", ApiNeeds::kCommitted, api_publishers, nullptr},
    ApiResource{"rollback", ApiNeeds::kStaging, nullptr, api_rollback},
    ApiResource{"search", ApiNeeds::kCommitted, api_search, nullptr},
    ApiResource{"stage", ApiNeeds::kStaging, api_stage, nullptr},
    ApiResource{"tag", ApiNeeds::kCommitted, api_tags, api_tag},
    ApiResource{"transfer", ApiNeeds::kCommitted, api_transfer, nullptr},
    ApiResource{"untag", ApiNeeds::kStaging, nullptr, api_untag},
};

void answer_api(Exchange& exchange, HandlerFunction ApiResource::*method) {
  const auto arguments = exchange.target.arguments();
  const std::string_view name = arguments.empty() ? std::string_view() : arguments[0].text;
  const auto resource = std::ranges::find(kResources, name, &ApiResource::name);
  if (resource == kResources.end()) {
    throw StatusError(404, fmt::format("There is no '{}' in this interface.", name));
  }
  if (resource->needs == ApiNeeds::kStaging && exchange.role != Role::kPublish) {
    throw StatusError(404, "This is not offered here.");
  }
  if ((*resource).*method == nullptr) {
    throw StatusError(405, fmt::format("'{}' is not asked for like this.", name))
        .with_header("Allow", resource->get != nullptr ? "GET, HEAD" : "POST");
  }
  ((*resource).*method)(exchange);
}

}  // namespace

void handle_api(Exchange& exchange) { answer_api(exchange, &ApiResource::get); }

void handle_api_act(Exchange& exchange) { answer_api(exchange, &ApiResource::post); }

}  // namespace metaset::http
