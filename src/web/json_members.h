// How JSON documents are put together, for this directory.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/depot/documents.h"

namespace metaset::web {

// Adds members to one object.
class Members {
 public:
  Members(rapidjson::Value& object, rapidjson::Document& document)
      : object_(object), document_(document) {}
  Members& text(const char* name, std::string_view value) {
    return add(name, depot::json_text(value, document_));
  }
  Members& texts(const char* name, const std::vector<std::string>& values) {
    rapidjson::Value list(rapidjson::kArrayType);
    for (const std::string& one : values) {
      list.PushBack(depot::json_text(one, document_), document_.GetAllocator());
    }
    return add(name, std::move(list));
  }
  Members& number(const char* name, std::uint64_t value) {
    return add(name, rapidjson::Value(value));
  }
  Members& flag(const char* name, bool value) { return add(name, rapidjson::Value(value)); }
  Members& add(const char* name, rapidjson::Value&& value) {
    object_.AddMember(rapidjson::Value(name, document_.GetAllocator()), std::move(value),
                      document_.GetAllocator());
    return *this;
  }

 private:
  rapidjson::Value& object_;
  rapidjson::Document& document_;
};

inline std::string full_fmri(const std::string& publisher, const std::string& name,
                             const std::string& version) {
  return "pkg://" + publisher + "/" + name + "@" + version;
}

// Calls fill(members, item) for each item and gives the list of objects.
template <typename Items, typename Fill>
rapidjson::Value list_of(const Items& items, rapidjson::Document& document, Fill fill) {
  rapidjson::Value list(rapidjson::kArrayType);
  for (const auto& item : items) {
    rapidjson::Value object(rapidjson::kObjectType);
    Members members(object, document);
    fill(members, item);
    list.PushBack(object, document.GetAllocator());
  }
  return list;
}

}  // namespace metaset::web
