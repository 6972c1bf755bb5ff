#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/abandon.h"
#include "metaset/store/staging.h"

#include "cli.h"

namespace metaset::app {

namespace {

const char* kind_name(store::ChangeKind kind) {
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

Error no_area(const std::string& name) {
  return {Code::kNotFound,
          "there is no staging area '" + name + "' (metaset stage list shows them)"};
}

void list(Globals& globals) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const auto areas = store::Staging(repository.staging()).areas();
  rapidjson::Document json(rapidjson::kArrayType);
  for (const store::Area& area : areas) {
    if (!globals.json) {
      print(fmt::format("{:<20} {:>8} changes  opened {} by {} on metaset {}\n", area.name,
                        area.record.changes, for_people(area.record.created), area.record.who,
                        area.record.base));
      continue;
    }
    rapidjson::Value item(rapidjson::kObjectType);
    auto& allocator = json.GetAllocator();
    item.AddMember("name", json_text(area.name, json), allocator);
    item.AddMember("changes", area.record.changes, allocator);
    item.AddMember("created", json_text(for_people(area.record.created), json), allocator);
    item.AddMember("who", json_text(area.record.who, json), allocator);
    item.AddMember("base", area.record.base, allocator);
    json.PushBack(item, allocator);
  }
  if (globals.json) print_json(json);
  if (areas.empty() && !globals.json) print("no staging areas\n");
}

void show(Globals& globals, const std::string& name) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const store::Staging staging(repository.staging());
  const auto area = staging.area(name);
  if (!area) throw no_area(name);
  rapidjson::Document json(rapidjson::kArrayType);
  for (const store::StagedChange& change : staging.changes(area->record.id)) {
    if (!globals.json) {
      print(fmt::format("{:<8} {}\n", kind_name(change.record.kind), change.fmri().text()));
      continue;
    }
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("change", json_text(kind_name(change.record.kind), json), json.GetAllocator());
    item.AddMember("fmri", json_text(change.fmri().text(), json), json.GetAllocator());
    item.AddMember("time", json_text(for_people(change.record.time), json), json.GetAllocator());
    json.PushBack(item, json.GetAllocator());
  }
  if (globals.json) print_json(json);
}

void abandon(Globals& globals, const std::string& name) {
  const auto opened = open_for_writing(globals);
  const depot::Abandoned done = depot::abandon_area(*opened, name);
  std::string text = fmt::format("abandoned staging area {}: {} changes", name, done.changes);
  if (done.payloads > 0) {
    text +=
        fmt::format(", {} payloads ({}) deleted", done.payloads, human_size(done.payload_bytes));
  }
  if (done.left > 0) {
    text += fmt::format(", {} payloads left because somebody is publishing", done.left);
  }
  print(text + "\n");
}

}  // namespace

void define_stage(CLI::App& app, Globals& globals) {
  CLI::App* command = app.add_subcommand("stage", "list, show or abandon staging areas");
  command->require_subcommand(1);
  add_command(*command, globals, "list", "list staging areas", true)->callback([&globals] {
    list(globals);
  });
  auto name = std::make_shared<std::string>(store::kDefaultArea);
  CLI::App* one = add_command(*command, globals, "show", "list the changes of an area", true);
  one->add_option("area", *name, "its name (default: default)");
  one->callback([&globals, name] { show(globals, *name); });
  one = add_command(*command, globals, "abandon", "forget an area, its changes and its payloads",
                    false);
  one->add_option("area", *name, "its name (default: default)");
  one->callback([&globals, name] { abandon(globals, *name); });
}

}  // namespace metaset::app
