#include "group/json_reader.h"

#include <charconv>

#include <fmt/format.h>

namespace metaset::group {

JsonReader::JsonReader(const Value& object, const JsonRules& rules)
    : object_(object), rules_(rules) {
  if (!object.IsObject()) refuse("it is no object");
}

const JsonReader::Value* JsonReader::find(const char* name) const {
  const auto found = object_.FindMember(name);
  return found == object_.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}

const JsonReader::Value& JsonReader::at(const char* name) const {
  const Value* const member = find(name);
  if (member == nullptr) refuse(name, "is missing");
  return *member;
}

const JsonReader::Value* JsonReader::wanted(const char* name) const {
  return rules_.absent == JsonRules::Absent::kRefused ? &at(name) : find(name);
}

std::string_view JsonReader::text(const char* name) const {
  const Value* const member = wanted(name);
  if (member == nullptr) return {};
  if (!member->IsString()) refuse(name, "is no string");
  return {member->GetString(), member->GetStringLength()};
}

std::uint64_t JsonReader::number(const char* name) const {
  const Value* const member = wanted(name);
  if (member == nullptr) return 0;
  if (!member->IsUint64()) refuse(name, "is no number");
  return member->GetUint64();
}

std::int64_t JsonReader::natural(const char* name) const {
  const std::uint64_t value = number(name);
  if (value > INT64_MAX) refuse(name, "is too large");
  return static_cast<std::int64_t>(value);
}

std::int64_t JsonReader::integer(const char* name) const {
  const Value* const member = wanted(name);
  if (member == nullptr) return 0;
  if (member->IsInt64()) return member->GetInt64();
  const std::string_view digits = member->IsString() ? text(name) : std::string_view();
  std::int64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
    refuse(name, "is no number");
  }
  return number;
}

bool JsonReader::flag(const char* name) const {
  const Value* const member = wanted(name);
  if (member == nullptr) return false;
  if (!member->IsBool()) refuse(name, "is neither true nor false");
  return member->GetBool();
}

void JsonReader::refuse(std::string_view name, std::string_view why) const {
  refuse(fmt::format("'{}' {}", name, why));
}

void JsonReader::refuse(std::string_view why) const {
  throw Error(rules_.code, fmt::format("{}: {}", rules_.what, why));
}

}  // namespace metaset::group
