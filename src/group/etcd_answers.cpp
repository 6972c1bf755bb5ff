#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "metaset/base/base64.h"
#include "metaset/base/json.h"

#include "group/etcd_json.h"

namespace metaset::group {
namespace {

using rapidjson::Value;

[[noreturn]] void no_answer(std::string_view why) {
  throw Error(Code::kInvalid, fmt::format("this is no answer of etcd: {}", why));
}

// Null if it is left out.
const Value* member_of(const Value& object, const char* name) {
  if (!object.IsObject()) no_answer(fmt::format("'{}' is looked for in what is no object", name));
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}
const Value& needed_member(const Value& object, const char* name) {
  const Value* member = member_of(object, name);
  if (member == nullptr) no_answer(fmt::format("'{}' is missing", name));
  return *member;
}

std::string_view text_value(const Value& value, const char* name) {
  if (!value.IsString()) no_answer(fmt::format("'{}' is no string", name));
  return {value.GetString(), value.GetStringLength()};
}
std::string_view text_member(const Value& object, const char* name) {
  const Value* member = member_of(object, name);
  return member == nullptr ? std::string_view() : text_value(*member, name);
}

std::string bytes_member(const Value& object, const char* name) {
  auto bytes = decode_base64(text_member(object, name));
  if (!bytes) no_answer(fmt::format("'{}' is no base64", name));
  return *std::move(bytes);
}

std::int64_t number_member(const Value& object, const char* name) {
  const Value* member = member_of(object, name);
  if (member == nullptr) return 0;
  if (member->IsInt64()) return member->GetInt64();
  const std::string_view text = text_value(*member, name);
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    no_answer(fmt::format("'{}' is no number", name));
  }
  return number;
}
// Revisions, versions and counts.
std::int64_t natural_member(const Value& object, const char* name) {
  const std::int64_t number = number_member(object, name);
  if (number < 0) no_answer(fmt::format("'{}' is negative", name));
  return number;
}

bool flag_member(const Value& object, const char* name) {
  const Value* member = member_of(object, name);
  if (member == nullptr) return false;
  if (!member->IsBool()) no_answer(fmt::format("'{}' is neither true nor false", name));
  return member->GetBool();
}

template <typename Take>
void each_of(const Value& object, const char* name, Take take) {
  const Value* member = member_of(object, name);
  if (member == nullptr) return;
  if (!member->IsArray()) no_answer(fmt::format("'{}' is no array", name));
  for (const Value& element : member->GetArray()) take(element);
}

std::int64_t header_revision(const Value& answer) {
  return natural_member(needed_member(answer, "header"), "revision");
}

std::int64_t header_term(const Value& answer) {
  return natural_member(needed_member(answer, "header"), "raft_term");
}

EtcdRecord record_of(const Value& kv) {
  EtcdRecord record;
  record.key = bytes_member(kv, "key");
  if (record.key.empty()) no_answer("a key is empty");
  record.value = bytes_member(kv, "value");
  record.create_revision = natural_member(kv, "create_revision");
  record.mod_revision = natural_member(kv, "mod_revision");
  record.version = natural_member(kv, "version");
  record.lease = number_member(kv, "lease");
  if (record.mod_revision == 0) no_answer("a key has no revision");
  return record;
}
std::vector<EtcdRecord> records_of(const Value& answer) {
  std::vector<EtcdRecord> records;
  each_of(answer, "kvs", [&](const Value& kv) { records.push_back(record_of(kv)); });
  if (flag_member(answer, "more")) no_answer("keys are missing");
  return records;
}

EtcdEvent event_of(const Value& value) {
  const std::string_view type = text_member(value, "type");
  if (!type.empty() && type != "PUT" && type != "DELETE") no_answer("an unknown kind of event");
  return {type == "DELETE", record_of(needed_member(value, "kv"))};
}

EtcdTxnResult::Result operation_result(const Value& response, EtcdOperation::Kind kind) {
  EtcdTxnResult::Result result;
  if (kind == EtcdOperation::Kind::kRange) {
    result.records = records_of(needed_member(response, "response_range"));
  } else if (kind == EtcdOperation::Kind::kDelete) {
    result.deleted = natural_member(needed_member(response, "response_delete_range"), "deleted");
  } else {
    needed_member(response, "response_put");
  }
  return result;
}

// Both forms: {"error": "why", "code": 14}, and in a stream {"error": {"grpc_code": 14, ...}}.
EtcdProblem problem_of(const Value& answer) {
  const Value& error = needed_member(answer, "error");
  const Value& object = error.IsObject() ? error : answer;
  const std::int64_t code = number_member(object, error.IsObject() ? "grpc_code" : "code");
  const std::string_view message =
      error.IsString() ? text_value(error, "error") : text_member(object, "message");
  return {code > 0 && code < 100 ? static_cast<int>(code) : 2, std::string(message)};
}

rapidjson::Document document_of(std::string_view answer) {
  return parse_json(answer, "the answer of etcd");
}

}  // namespace

EtcdRecords etcd_records(std::string_view answer) {
  const auto document = document_of(answer);
  return {header_revision(document), records_of(document)};
}
std::int64_t etcd_revision(std::string_view answer) { return header_revision(document_of(answer)); }
std::int64_t etcd_deleted(std::string_view answer) {
  const auto document = document_of(answer);
  header_revision(document);
  return natural_member(document, "deleted");
}

EtcdTxnResult etcd_txn_result(std::string_view answer, const EtcdTxn& txn) {
  const auto document = document_of(answer);
  EtcdTxnResult result{flag_member(document, "succeeded"), header_revision(document), {}};
  const auto& done = result.succeeded ? txn.then : txn.otherwise;
  each_of(document, "responses", [&](const Value& response) {
    if (result.results.size() == done.size()) no_answer("there are more results than operations");
    result.results.push_back(operation_result(response, done[result.results.size()].kind));
  });
  if (result.results.size() != done.size()) no_answer("there are less results than operations");
  return result;
}

EtcdLease etcd_lease(std::string_view answer) {
  const auto document = document_of(answer);
  const EtcdLease lease{number_member(document, "ID"),
                        std::chrono::seconds(natural_member(document, "TTL"))};
  if (lease.id == 0 || lease.ttl.count() == 0)
    no_answer("a lease without a number or without time");
  return lease;
}

EtcdRemaining etcd_remaining(std::string_view answer) {
  const auto document = document_of(answer);
  const Value& result = needed_member(document, "result");
  EtcdRemaining remaining{std::nullopt, header_term(result)};
  const std::int64_t ttl = number_member(result, "TTL");
  if (ttl > 0) remaining.time = std::chrono::seconds(ttl);
  return remaining;
}
std::int64_t etcd_term(std::string_view answer) { return header_term(document_of(answer)); }

std::string etcd_token(std::string_view answer) {
  const auto document = document_of(answer);
  const std::string_view token = text_member(document, "token");
  const bool plain =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (token.empty() || token.size() > 4096 || !plain) no_answer("there is no token");
  return std::string(token);
}

EtcdProblem etcd_problem(std::string_view answer) {
  try {
    return problem_of(document_of(answer));
  } catch (const Error&) {
    return {};
  }
}

EtcdWatchMessage etcd_watch_message(std::string_view line) {
  const auto document = document_of(line);
  EtcdWatchMessage message;
  if (member_of(document, "error") != nullptr) {
    message.problem = problem_of(document);
    return message;
  }
  const Value& result = needed_member(document, "result");
  message.created = flag_member(result, "created");
  message.canceled = flag_member(result, "canceled");
  message.revision = header_revision(result);
  message.compact_revision = natural_member(result, "compact_revision");
  message.cancel_reason = text_member(result, "cancel_reason");
  each_of(result, "events", [&](const Value& event) { message.events.push_back(event_of(event)); });
  return message;
}

}  // namespace metaset::group
