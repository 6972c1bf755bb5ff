#include "metaset_text.h"

#include "cli.h"

namespace metaset::app {

rapidjson::Value metaset_json(const store::View& view, const store::MetasetRecord& record,
                              rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("number", record.number, allocator);
  item.AddMember("parent", record.parent, allocator);
  item.AddMember("time", json_text(iso_timestamp(record.time) + "Z", document), allocator);
  item.AddMember("who", json_text(record.who, document), allocator);
  item.AddMember("message", json_text(record.message, document), allocator);
  item.AddMember("packages", record.packages, allocator);
  item.AddMember("package-versions", record.package_versions, allocator);
  rapidjson::Value publishers(rapidjson::kObjectType);
  for (const store::PublisherChange& change : record.publishers) {
    rapidjson::Value counts(rapidjson::kObjectType);
    counts.AddMember("added", change.added, allocator);
    counts.AddMember("removed", change.removed, allocator);
    counts.AddMember("packages", change.packages, allocator);
    counts.AddMember("package-versions", change.package_versions, allocator);
    publishers.AddMember(json_text(view.prefix_of(change.publisher), document), counts, allocator);
  }
  item.AddMember("publishers", publishers, allocator);
  item.AddMember("content", json_text(to_hex(record.content), document), allocator);
  item.AddMember("digest", json_text(to_hex(record.digest), document), allocator);
  item.AddMember("active", store::View::active_number(view.env(), view.txn()) == record.number,
                 allocator);
  return item;
}

std::string change_counts(const store::MetasetRecord& record) {
  std::uint64_t added = 0, removed = 0;
  for (const store::PublisherChange& change : record.publishers) {
    added += change.added;
    removed += change.removed;
  }
  return "+" + std::to_string(added) + " -" + std::to_string(removed);
}

}  // namespace metaset::app
