#include "metaset/base/json.h"
#include "metaset/ips/p5i.h"

namespace metaset::ips {
namespace {

using Allocator = rapidjson::Document::AllocatorType;
using rapidjson::Value;

// The strings outlive the document, which is written at once.
Value string_value(const std::string& text) {
  return Value(rapidjson::StringRef(text.data(), text.size()));
}

Value optional_value(const std::optional<std::string>& text) {
  return text ? string_value(*text) : Value();
}

Value list_value(const std::vector<std::string>& texts, Allocator& allocator) {
  Value list(rapidjson::kArrayType);
  for (const std::string& text : texts) list.PushBack(string_value(text), allocator);
  return list;
}

Value repository_value(const P5iRepository& repository, Allocator& allocator) {
  Value out(rapidjson::kObjectType);
  out.AddMember("collection_type", string_value(repository.collection_type), allocator);
  out.AddMember("description", optional_value(repository.description), allocator);
  out.AddMember("legal_uris", list_value(repository.legal_uris, allocator), allocator);
  out.AddMember("mirrors", list_value(repository.mirrors, allocator), allocator);
  out.AddMember("name", optional_value(repository.name), allocator);
  out.AddMember("origins", list_value(repository.origins, allocator), allocator);
  out.AddMember("refresh_seconds",
                repository.refresh_seconds ? Value(*repository.refresh_seconds) : Value(),
                allocator);
  out.AddMember("registration_uri", string_value(repository.registration_uri), allocator);
  out.AddMember("related_uris", list_value(repository.related_uris, allocator), allocator);
  return out;
}

Value publisher_value(const P5iPublisher& publisher, Allocator& allocator) {
  Value repositories(rapidjson::kArrayType);
  if (publisher.repository) {
    repositories.PushBack(repository_value(*publisher.repository, allocator), allocator);
  }
  Value out(rapidjson::kObjectType);
  out.AddMember("alias", optional_value(publisher.alias), allocator);
  out.AddMember("name", string_value(publisher.name), allocator);
  out.AddMember("packages", list_value(publisher.packages, allocator), allocator);
  out.AddMember("repositories", repositories, allocator);
  return out;
}

}  // namespace

std::string write_p5i(const P5i& p5i) {
  rapidjson::Document document(rapidjson::kObjectType);
  Allocator& allocator = document.GetAllocator();
  Value publishers(rapidjson::kArrayType);
  for (const P5iPublisher& publisher : p5i.publishers) {
    publishers.PushBack(publisher_value(publisher, allocator), allocator);
  }
  document.AddMember("packages", list_value(p5i.packages, allocator), allocator);
  document.AddMember("publishers", publishers, allocator);
  document.AddMember("version", 1, allocator);
  return pretty_json(document, false);
}

}  // namespace metaset::ips
