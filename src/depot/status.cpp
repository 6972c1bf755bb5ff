#include "metaset/depot/status.h"

#include "metaset/base/clock.h"
#include "metaset/base/json.h"
#include "metaset/depot/properties.h"

namespace metaset::depot {

namespace {

using Value = rapidjson::Value;
using Allocator = rapidjson::Document::AllocatorType;

Value copied_text(std::string_view text, Allocator& allocator) {
  return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

Value publishers_value(const Publishers& publishers, Allocator& allocator) {
  Value result(rapidjson::kObjectType);
  for (const PublisherFacts& facts : publishers.all()) {
    Value entry(rapidjson::kObjectType);
    const std::string updated = basic_timestamp(facts.state.last_modified);
    entry.AddMember("last-catalog-update", copied_text(updated, allocator), allocator);
    entry.AddMember("package-count", facts.state.packages, allocator);
    entry.AddMember("package-version-count", facts.state.package_versions, allocator);
    entry.AddMember("status", "online", allocator);
    result.AddMember(copied_text(facts.publisher.prefix, allocator), entry, allocator);
  }
  return result;
}

}  // namespace

std::string status_document(const store::View& view, const Publishers& publishers,
                            const RequestCounts& counts) {
  rapidjson::Document document(rapidjson::kObjectType);
  Allocator& allocator = document.GetAllocator();
  const rapidjson::Document config =
      parse_json(view.config(0).value_or(default_config("")), "configuration");

  Value requests(rapidjson::kObjectType);
  requests.AddMember("catalog", counts.catalog, allocator);
  requests.AddMember("file", counts.file, allocator);
  requests.AddMember("manifests", counts.manifests, allocator);

  Value repository(rapidjson::kObjectType);
  repository.AddMember("configuration", Value(config, allocator), allocator);
  repository.AddMember("publishers", publishers_value(publishers, allocator), allocator);
  repository.AddMember("requests", requests, allocator);
  repository.AddMember("status", "online", allocator);
  repository.AddMember("version", 4, allocator);

  document.AddMember("repository", repository, allocator);
  document.AddMember("version", 1, allocator);
  return pretty_json(document, false);
}

}  // namespace metaset::depot
