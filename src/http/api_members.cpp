#include "http/api_members.h"

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/json.h"

namespace metaset::http {
namespace {

constexpr std::uint64_t kMaxApiBody = 1 << 20;

[[noreturn]] void bad_member(const char* name, const char* what) {
  throw Error(Code::kInvalid, fmt::format("The member '{}' must be {}.", name, what));
}

}  // namespace

ApiMembers::ApiMembers(Exchange& exchange) {
  const std::string text = exchange.request.read_body(kMaxApiBody);
  object_ =
      text.empty() ? rapidjson::Document(rapidjson::kObjectType) : parse_json(text, "the request");
  if (!object_.IsObject()) throw Error(Code::kInvalid, "The request must be a JSON object.");
}

bool ApiMembers::flag(const char* name) {
  const rapidjson::Value* value = find(name);
  if (value != nullptr && !value->IsBool()) bad_member(name, "true or false");
  return value != nullptr && value->GetBool();
}

std::string ApiMembers::text(const char* name) {
  const rapidjson::Value* value = find(name);
  if (value != nullptr && !value->IsString()) bad_member(name, "a string");
  return value == nullptr ? std::string() : value->GetString();
}

std::vector<std::string> ApiMembers::texts(const char* name) {
  std::vector<std::string> list;
  const rapidjson::Value* value = find(name);
  if (value == nullptr) return list;
  if (!value->IsArray()) bad_member(name, "a list of strings");
  for (const rapidjson::Value& item : value->GetArray()) {
    if (!item.IsString()) bad_member(name, "a list of strings");
    list.emplace_back(item.GetString());
  }
  return list;
}

std::string ApiMembers::metaset() {
  const rapidjson::Value* value = find("metaset");
  if (value != nullptr && value->IsUint64()) return std::to_string(value->GetUint64());
  if (value == nullptr || !value->IsString()) bad_member("metaset", "a number or a name");
  return value->GetString();
}

void ApiMembers::finish() const {
  for (const auto& member : object_.GetObject()) {
    if (!known_.contains(member.name.GetString())) {
      throw Error(Code::kInvalid,
                  fmt::format("The member '{}' is not known.", member.name.GetString()));
    }
  }
}

const rapidjson::Value* ApiMembers::find(const char* name) {
  known_.insert(name);
  const auto member = object_.FindMember(name);
  return member == object_.MemberEnd() ? nullptr : &member->value;
}

void answer_json(Exchange& exchange, const rapidjson::Value& value) {
  exchange.response.content_type = kJsonType;
  exchange.response.body = pretty_json(value, false);
}

}  // namespace metaset::http
