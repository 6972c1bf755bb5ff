// Members of a JSON object by their types, for this directory: the group's records in etcd, its
// state in a file, and the answers of etcd.
//
// What is of another type is refused, with an Error that names it. Thread-safety: values; the JSON
// outlives them, and so do the texts of `what`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rapidjson/document.h>

#include "metaset/base/error.h"

namespace metaset::group {

// How what is read is called in errors, their code, and what it means if a member is left out: an
// error, or that it is empty, 0, false.
struct JsonRules {
  std::string_view what;
  Code code = Code::kCorrupt;
  enum class Absent { kRefused, kEmpty } absent = Absent::kEmpty;
};

class JsonReader {
 public:
  using Value = rapidjson::Value;

  JsonReader(const Value& object, const JsonRules& rules);

  const Value* find(const char* name) const;  // null if it is left out, or null
  const Value& at(const char* name) const;    // refused if it is left out, whatever the rules
  JsonReader object(const char* name) const { return {at(name), rules_}; }

  std::string_view text(const char* name) const;
  std::uint64_t number(const char* name) const;
  std::int64_t natural(const char* name) const;  // a number that fits
  // As protobuf writes 64 bits in JSON: as text, or as a number.
  std::int64_t integer(const char* name) const;
  bool flag(const char* name) const;

  // Calls take(element) for each of an array.
  template <typename Take>
  void each(const char* name, const Take& take) const {
    const Value* const array = wanted(name);
    if (array == nullptr) return;
    if (!array->IsArray()) refuse(name, "is no array");
    for (const Value& element : array->GetArray()) take(element);
  }
  template <typename Take>
  void each_object(const char* name, const Take& take) const {
    each(name, [&](const Value& element) { take(JsonReader(element, rules_)); });
  }

  [[noreturn]] void refuse(std::string_view name, std::string_view why) const;
  [[noreturn]] void refuse(std::string_view why) const;

 private:
  const Value* wanted(const char* name) const;

  const Value& object_;
  const JsonRules& rules_;
};

}  // namespace metaset::group
