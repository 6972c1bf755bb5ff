#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/base64.h"
#include "metaset/base/json.h"

#include "group/etcd_json.h"
#include "group/json_reader.h"

namespace metaset::group {
namespace {

constexpr JsonRules kAnswerRules{"this is no answer of etcd", Code::kInvalid,
                                 JsonRules::Absent::kEmpty};

[[noreturn]] void no_answer(std::string_view why) {
  throw Error(kAnswerRules.code, fmt::format("{}: {}", kAnswerRules.what, why));
}

// An answer as it is parsed.
struct Answer {
  explicit Answer(std::string_view text)
      : document(parse_json(text, "the answer of etcd")), members(document, kAnswerRules) {}
  rapidjson::Document document;
  JsonReader members;
};

std::string bytes_member(const JsonReader& object, const char* name) {
  auto bytes = decode_base64(object.text(name));
  if (!bytes) object.refuse(name, "is no base64");
  return *std::move(bytes);
}

// Revisions, versions and counts.
std::int64_t natural_member(const JsonReader& object, const char* name) {
  const std::int64_t number = object.integer(name);
  if (number < 0) object.refuse(name, "is negative");
  return number;
}

std::int64_t header_revision(const JsonReader& answer) {
  return natural_member(answer.object("header"), "revision");
}

std::int64_t header_term(const JsonReader& answer) {
  return natural_member(answer.object("header"), "raft_term");
}

EtcdRecord record_of(const JsonReader& kv) {
  EtcdRecord record;
  record.key = bytes_member(kv, "key");
  if (record.key.empty()) no_answer("a key is empty");
  record.value = bytes_member(kv, "value");
  record.create_revision = natural_member(kv, "create_revision");
  record.mod_revision = natural_member(kv, "mod_revision");
  record.version = natural_member(kv, "version");
  record.lease = kv.integer("lease");
  if (record.mod_revision == 0) no_answer("a key has no revision");
  return record;
}
std::vector<EtcdRecord> records_of(const JsonReader& answer) {
  std::vector<EtcdRecord> records;
  answer.each_object("kvs", [&](const JsonReader& kv) { records.push_back(record_of(kv)); });
  if (answer.flag("more")) no_answer("keys are missing");
  return records;
}

EtcdEvent event_of(const JsonReader& event) {
  const std::string_view type = event.text("type");
  if (!type.empty() && type != "PUT" && type != "DELETE") no_answer("an unknown kind of event");
  return {type == "DELETE", record_of(event.object("kv"))};
}

EtcdTxnResult::Result operation_result(const JsonReader& response, EtcdOperation::Kind kind) {
  EtcdTxnResult::Result result;
  if (kind == EtcdOperation::Kind::kRange) {
    result.records = records_of(response.object("response_range"));
  } else if (kind == EtcdOperation::Kind::kDelete) {
    result.deleted = natural_member(response.object("response_delete_range"), "deleted");
  } else {
    response.at("response_put");
  }
  return result;
}

// Both forms: {"error": "why", "code": 14}, and in a stream {"error": {"grpc_code": 14, ...}}.
EtcdProblem problem_of(const JsonReader& answer) {
  const bool nested = answer.at("error").IsObject();
  const JsonReader object = nested ? answer.object("error") : answer;
  const std::int64_t code = object.integer(nested ? "grpc_code" : "code");
  const std::string_view message =
      answer.at("error").IsString() ? answer.text("error") : object.text("message");
  return {code > 0 && code < 100 ? static_cast<int>(code) : 2, std::string(message)};
}

}  // namespace

EtcdRecords etcd_records(std::string_view answer) {
  const Answer parsed(answer);
  return {header_revision(parsed.members), records_of(parsed.members)};
}
std::int64_t etcd_revision(std::string_view answer) {
  return header_revision(Answer(answer).members);
}
std::int64_t etcd_deleted(std::string_view answer) {
  const Answer parsed(answer);
  header_revision(parsed.members);
  return natural_member(parsed.members, "deleted");
}

EtcdTxnResult etcd_txn_result(std::string_view answer, const EtcdTxn& txn) {
  const Answer parsed(answer);
  EtcdTxnResult result{parsed.members.flag("succeeded"), header_revision(parsed.members), {}};
  const auto& done = result.succeeded ? txn.then : txn.otherwise;
  parsed.members.each_object("responses", [&](const JsonReader& response) {
    if (result.results.size() == done.size()) no_answer("there are more results than operations");
    result.results.push_back(operation_result(response, done[result.results.size()].kind));
  });
  if (result.results.size() != done.size()) no_answer("there are less results than operations");
  return result;
}

EtcdLease etcd_lease(std::string_view answer) {
  const Answer parsed(answer);
  const EtcdLease lease{parsed.members.integer("ID"),
                        std::chrono::seconds(natural_member(parsed.members, "TTL"))};
  if (lease.id == 0 || lease.ttl.count() == 0)
    no_answer("a lease without a number or without time");
  return lease;
}

EtcdRemaining etcd_remaining(std::string_view answer) {
  const Answer parsed(answer);
  const JsonReader result = parsed.members.object("result");
  EtcdRemaining remaining{std::nullopt, header_term(result)};
  const std::int64_t ttl = result.integer("TTL");
  if (ttl > 0) remaining.time = std::chrono::seconds(ttl);
  return remaining;
}
std::int64_t etcd_term(std::string_view answer) { return header_term(Answer(answer).members); }

std::string etcd_token(std::string_view answer) {
  const Answer parsed(answer);
  const std::string_view token = parsed.members.text("token");
  const bool plain =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (token.empty() || token.size() > 4096 || !plain) no_answer("there is no token");
  return std::string(token);
}

EtcdProblem etcd_problem(std::string_view answer) {
  try {
    return problem_of(Answer(answer).members);
  } catch (const Error&) {
    return {};
  }
}

EtcdWatchMessage etcd_watch_message(std::string_view line) {
  const Answer parsed(line);
  EtcdWatchMessage message;
  if (parsed.members.find("error") != nullptr) {
    message.problem = problem_of(parsed.members);
    return message;
  }
  const JsonReader result = parsed.members.object("result");
  message.created = result.flag("created");
  message.canceled = result.flag("canceled");
  message.revision = header_revision(result);
  message.compact_revision = natural_member(result, "compact_revision");
  message.cancel_reason = result.text("cancel_reason");
  result.each_object("events",
                     [&](const JsonReader& event) { message.events.push_back(event_of(event)); });
  return message;
}

}  // namespace metaset::group
