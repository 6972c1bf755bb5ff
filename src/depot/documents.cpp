#include "metaset/depot/documents.h"

#include "metaset/base/clock.h"
#include "metaset/store/collected.h"

namespace metaset::depot {

namespace {

std::string to_the_second(Time time) { return iso_timestamp(time).substr(0, 19) + "Z"; }

}  // namespace

rapidjson::Value json_text(std::string_view text, rapidjson::Document& document) {
  if (text.empty()) return rapidjson::Value("");  // RapidJSON asserts that there are characters
  return {text.data(), static_cast<rapidjson::SizeType>(text.size()), document.GetAllocator()};
}

rapidjson::Value metaset_json(const store::View& view, const store::MetasetRecord& record,
                              rapidjson::Document& document) {
  return metaset_json(view, record, store::tags_by_metaset(view.env(), view.txn()), document);
}

rapidjson::Value metaset_json(const store::View& view, const store::MetasetRecord& record,
                              const store::TagsByMetaset& tags, rapidjson::Document& document) {
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
  item.AddMember("collected", store::is_collected(view.env(), view.txn(), record.number),
                 allocator);
  rapidjson::Value names(rapidjson::kArrayType);
  if (const auto place = tags.find(record.number); place != tags.end()) {
    for (const std::string& tag : place->second)
      names.PushBack(json_text(tag, document), allocator);
  }
  item.AddMember("tags", names, allocator);
  return item;
}

rapidjson::Value metaset_json(const store::Repository& repository,
                              const store::MetasetRecord& record, rapidjson::Document& document) {
  const lmdb::ReadTxn txn(repository.committed());
  const store::View view(repository.committed(), txn, record.number);
  return metaset_json(view, record, document);
}

std::string_view change_name(store::ChangeKind kind) {
  switch (kind) {
    case store::ChangeKind::kAdd:
      return "add";
    case store::ChangeKind::kReplace:
      return "replace";
    case store::ChangeKind::kRemove:
      return "remove";
  }
  return "unknown";
}

rapidjson::Value tag_json(const store::Tag& tag, rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("name", json_text(tag.name, document), allocator);
  item.AddMember("metaset", tag.record.number, allocator);
  item.AddMember("time", json_text(to_the_second(tag.record.time), document), allocator);
  item.AddMember("who", json_text(tag.record.who, document), allocator);
  return item;
}

rapidjson::Value schedule_json(const std::optional<store::Schedule>& schedule,
                               rapidjson::Document& document) {
  rapidjson::Value item;
  if (!schedule) return item;
  item.SetObject();
  item.AddMember("metaset", schedule->number, document.GetAllocator());
  item.AddMember("at", json_text(basic_timestamp(schedule->at), document), document.GetAllocator());
  return item;
}

rapidjson::Value areas_json(const std::vector<store::Area>& areas, rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value list(rapidjson::kArrayType);
  for (const store::Area& area : areas) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("name", json_text(area.name, document), allocator);
    item.AddMember("changes", area.record.changes, allocator);
    item.AddMember("created", json_text(to_the_second(area.record.created), document), allocator);
    item.AddMember("who", json_text(area.record.who, document), allocator);
    item.AddMember("base", area.record.base, allocator);
    list.PushBack(item, allocator);
  }
  return list;
}

rapidjson::Value changes_json(const std::vector<store::StagedChange>& changes,
                              rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value list(rapidjson::kArrayType);
  for (const store::StagedChange& change : changes) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("change", json_text(change_name(change.record.kind), document), allocator);
    item.AddMember("fmri", json_text(change.fmri().text(), document), allocator);
    item.AddMember("time", json_text(to_the_second(change.record.time), document), allocator);
    list.PushBack(item, allocator);
  }
  return list;
}

rapidjson::Value outcome_json(const store::Repository& repository, const CommitOutcome& outcome,
                              rapidjson::Document& document) {
  rapidjson::Value value = report_json(outcome.report, document);
  rapidjson::Value metaset;
  if (outcome.metaset) metaset = metaset_json(repository, *outcome.metaset, document);
  value.AddMember("metaset", metaset, document.GetAllocator());
  rapidjson::Value activated(rapidjson::kArrayType);
  for (const auto number : outcome.also_activated) {
    activated.PushBack(number, document.GetAllocator());
  }
  value.AddMember("also-activated", activated, document.GetAllocator());
  return value;
}

}  // namespace metaset::depot
