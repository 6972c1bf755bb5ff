#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/audited.h"
#include "metaset/store/staging.h"

#include "cli.h"

namespace metaset::app {

namespace {

Error no_area(const std::string& name) {
  return {Code::kNotFound,
          "there is no staging area '" + name + "' (metaset stage list shows them)"};
}

void list_stage(Globals& globals) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const auto areas = store::Staging(repository.staging()).areas();
  if (globals.json) {
    rapidjson::Document json;
    print_json(depot::areas_json(areas, json));
    return;
  }
  for (const store::Area& area : areas) {
    print(fmt::format("{:<20} {:>8} changes  opened {} by {} on metaset {}\n", area.name,
                      area.record.changes, for_people(area.record.created), area.record.who,
                      area.record.base));
  }
  if (areas.empty()) print("no staging areas\n");
}

void show_stage(Globals& globals, const std::string& name) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const store::Staging staging(repository.staging());
  const auto area = staging.area(name);
  if (!area) throw no_area(name);
  const auto changes = staging.changes(area->record.id);
  if (globals.json) {
    rapidjson::Document json;
    print_json(depot::changes_json(changes, json));
    return;
  }
  for (const store::StagedChange& change : changes) {
    print(fmt::format("{:<8} {}\n", depot::change_name(change.record.kind), change.fmri().text()));
  }
}

void abandon(Globals& globals, const std::string& name) {
  const auto opened = open_for_writing(globals);
  const depot::Abandoned done = depot::abandon_changes(*opened, local_actor(), name);
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
    list_stage(globals);
  });
  auto name = std::make_shared<std::string>(store::kDefaultArea);
  CLI::App* one = add_command(*command, globals, "show", "list the changes of an area", true);
  one->add_option("area", *name, "its name (default: default)");
  one->callback([&globals, name] { show_stage(globals, *name); });
  one = add_command(*command, globals, "abandon", "forget an area, its changes and its payloads",
                    false);
  one->add_option("area", *name, "its name (default: default)");
  one->callback([&globals, name] { abandon(globals, *name); });
}

}  // namespace metaset::app
