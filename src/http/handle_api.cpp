// api/1: releases for build systems, JSON in and out (man/metaset-publish.8).
//
//   GET  api/1/stage               the staging areas
//   GET  api/1/stage/AREA          the changes of one
//   POST api/1/commit              {"message", "hold", "dry-run", "deep", "warn": [checks]}
//   POST api/1/activate            {"metaset": number}
//   POST api/1/rollback            {"metaset": number, "message", "hold"}
//   POST api/1/abandon             {}
// What changes an area changes that of the request: the location's, or AREA below /staging/AREA/.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"
#include "metaset/depot/audited.h"
#include "metaset/depot/documents.h"
#include "metaset/http/error_page.h"
#include "metaset/http/publish_state.h"
#include "metaset/http/routes.h"

#include "http/handlers.h"
#include "http/publisher_access.h"

namespace metaset::http {
namespace {

constexpr std::uint64_t kMaxApiBody = 1 << 20;

void answer_json(Exchange& exchange, const rapidjson::Value& value) {
  exchange.response.content_type = kJsonType;
  exchange.response.body = pretty_json(value, false);
}

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

// The members of a request's object, each asked for by its name; what nobody asked for is an error.
class Members {
 public:
  explicit Members(Exchange& exchange) {
    const std::string text = exchange.request.read_body(kMaxApiBody);
    object_ = text.empty() ? rapidjson::Document(rapidjson::kObjectType)
                           : parse_json(text, "the request");
    if (!object_.IsObject()) throw Error(Code::kInvalid, "The request must be a JSON object.");
  }
  bool flag(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value != nullptr && !value->IsBool()) fail(name, "true or false");
    return value != nullptr && value->GetBool();
  }
  std::string text(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value != nullptr && !value->IsString()) fail(name, "a string");
    return value == nullptr ? std::string() : value->GetString();
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> list;
    const rapidjson::Value* value = find(name);
    if (value == nullptr) return list;
    if (!value->IsArray()) fail(name, "a list of strings");
    for (const rapidjson::Value& item : value->GetArray()) {
      if (!item.IsString()) fail(name, "a list of strings");
      list.emplace_back(item.GetString());
    }
    return list;
  }
  std::uint64_t number(const char* name) {
    const rapidjson::Value* value = find(name);
    if (value == nullptr || !value->IsUint64()) fail(name, "a number");
    return value->GetUint64();
  }
  void finish() const {
    for (const auto& member : object_.GetObject()) {
      if (!known_.contains(member.name.GetString())) {
        throw Error(Code::kInvalid,
                    fmt::format("The member '{}' is not known.", member.name.GetString()));
      }
    }
  }

 private:
  const rapidjson::Value* find(const char* name) {
    known_.insert(name);
    const auto member = object_.FindMember(name);
    return member == object_.MemberEnd() ? nullptr : &member->value;
  }
  [[noreturn]] static void fail(const char* name, const char* what) {
    throw Error(Code::kInvalid, fmt::format("The member '{}' must be {}.", name, what));
  }

  rapidjson::Document object_;
  std::set<std::string> known_;
};

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
  Members members(exchange);
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
  if (outcome.metaset) open.caretaker().committed();
  if (outcome.report.errors() > 0) exchange.response.status = 409;
  rapidjson::Document document;
  answer_json(exchange, depot::outcome_json(repository, outcome, document));
}

void api_activate(Exchange& exchange) {
  Members members(exchange);
  const store::MetasetNumber number = members.number("metaset");
  members.finish();
  constexpr std::array kRights = {store::Right::kActivate};
  const auto caller = publisher_access(exchange, kRights, "");
  store::Repository& repository = open_publication(exchange).repository()->store();
  const auto done = depot::activate_metaset(repository, {caller.owner.who, caller.address}, number);
  rapidjson::Document document(rapidjson::kObjectType);
  document.AddMember("before", done.before, document.GetAllocator());
  document.AddMember("active", done.now, document.GetAllocator());
  answer_json(exchange, document);
}

void api_rollback(Exchange& exchange) {
  Members members(exchange);
  store::RollbackOptions options;
  options.number = members.number("metaset");
  options.message = members.text("message");
  options.activate = !members.flag("hold");
  members.finish();
  std::vector<store::Right> rights{store::Right::kCommit};
  if (options.activate) rights.push_back(store::Right::kActivate);
  const auto caller = publisher_access(exchange, rights, "");
  options.who = caller.owner.who;
  OpenPublication& open = open_publication(exchange);
  store::Repository& repository = open.repository()->store();
  const auto record = depot::rollback_to(repository, {caller.owner.who, caller.address}, options);
  if (record) open.caretaker().committed();
  rapidjson::Document document(rapidjson::kObjectType);
  rapidjson::Value metaset;
  if (record) metaset = depot::metaset_json(repository, *record, document);
  document.AddMember("metaset", metaset, document.GetAllocator());
  answer_json(exchange, document);
}

void api_abandon(Exchange& exchange) {
  Members(exchange).finish();
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

struct ApiResource {
  std::string_view name;
  HandlerFunction get;   // null: not offered
  HandlerFunction post;  // null: not offered
};
constexpr std::array kResources = {
    ApiResource{"abandon", nullptr, api_abandon}, ApiResource{"activate", nullptr, api_activate},
    ApiResource{"commit", nullptr, api_commit},   ApiResource{"rollback", nullptr, api_rollback},
    ApiResource{"stage", api_stage, nullptr},
};

void answer_api(Exchange& exchange, HandlerFunction ApiResource::*method) {
  // Of the processes only metaset-publish has the staging environment open.
  if (exchange.role != Role::kPublish) throw StatusError(404, "This is not offered here.");
  const auto arguments = exchange.target.arguments();
  const std::string_view name = arguments.empty() ? std::string_view() : arguments[0].text;
  const auto resource = std::ranges::find(kResources, name, &ApiResource::name);
  if (resource == kResources.end()) {
    throw StatusError(404, fmt::format("There is no '{}' in this interface.", name));
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
