// The difference of two metasets as JSON.
#include "metaset/depot/diff.h"
#include "metaset/depot/documents.h"

namespace metaset::depot {

namespace {

rapidjson::Value text_or_null(const std::string& text, rapidjson::Document& document) {
  return text.empty() ? rapidjson::Value() : json_text(text, document);
}

rapidjson::Value versions_json(const std::vector<std::string>& versions,
                               rapidjson::Document& document) {
  rapidjson::Value list(rapidjson::kArrayType);
  for (const std::string& version : versions) {
    list.PushBack(json_text(version, document), document.GetAllocator());
  }
  return list;
}

rapidjson::Value action_diff_json(const ActionDiff& action, rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("change", json_text(change_name(action.change), document), allocator);
  item.AddMember("action", json_text(action.action, document), allocator);
  item.AddMember("before", text_or_null(action.before, document), allocator);
  item.AddMember("size", action.size, allocator);
  item.AddMember("version", text_or_null(action.version, document), allocator);
  return item;
}

}  // namespace

std::string_view change_name(PackageChange change) {
  switch (change) {
    case PackageChange::kAdded:
      return "added";
    case PackageChange::kRemoved:
      return "removed";
    case PackageChange::kUpgraded:
      return "upgraded";
    case PackageChange::kDowngraded:
      return "downgraded";
    case PackageChange::kVersions:
      return "versions";
    case PackageChange::kResigned:
      return "re-signed";
  }
  return "unknown";
}

std::string_view change_name(ActionChange change) {
  switch (change) {
    case ActionChange::kAdded:
      return "added";
    case ActionChange::kRemoved:
      return "removed";
    case ActionChange::kChanged:
      return "changed";
  }
  return "unknown";
}

rapidjson::Value package_diff_json(const PackageDiff& package, DiffDepth depth,
                                   rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("publisher", json_text(package.publisher, document), allocator);
  item.AddMember("name", json_text(package.name, document), allocator);
  item.AddMember("change", json_text(change_name(package.change), document), allocator);
  item.AddMember("from", text_or_null(package.from, document), allocator);
  item.AddMember("to", text_or_null(package.to, document), allocator);
  item.AddMember("added", versions_json(package.added, document), allocator);
  item.AddMember("removed", versions_json(package.removed, document), allocator);
  item.AddMember("resigned", versions_json(package.resigned, document), allocator);
  if (depth == DiffDepth::kPackages) return item;
  rapidjson::Value actions(rapidjson::kArrayType);
  for (const ActionDiff& action : package.actions) {
    actions.PushBack(action_diff_json(action, document), allocator);
  }
  item.AddMember("size", package.size, allocator);
  item.AddMember("actions", actions, allocator);
  return item;
}

rapidjson::Value diff_json(const store::View& from, const store::View& to, DiffDepth depth,
                           rapidjson::Document& document) {
  auto& allocator = document.GetAllocator();
  rapidjson::Value packages(rapidjson::kArrayType);
  diff_metasets(from, to, depth, [&](PackageDiff&& package) {
    packages.PushBack(package_diff_json(package, depth, document), allocator);
  });
  rapidjson::Value value(rapidjson::kObjectType);
  value.AddMember("from", from.number(), allocator);
  value.AddMember("to", to.number(), allocator);
  value.AddMember("packages", packages, allocator);
  return value;
}

}  // namespace metaset::depot
