#include <fmt/format.h>

#include "metaset/depot/audited.h"
#include "metaset/store/commit.h"

#include "cli.h"
#include "commit_report.h"
#include "metaset_text.h"

namespace metaset::app {

namespace {

void show_rollback(Globals& globals, const store::Repository& repository,
                   const std::optional<store::MetasetRecord>& record,
                   const store::RollbackOptions& options) {
  if (globals.json) {
    rapidjson::Document json;
    if (record) json.CopyFrom(metaset_json(repository, *record, json), json.GetAllocator());
    print_json(json);
  } else if (record) {
    print(fmt::format("metaset {} has the content of {} and is {}: {} operations\n", record->number,
                      options.number, options.activate ? "active" : "committed, not active",
                      change_counts(*record)));
  } else {
    print(fmt::format("the latest metaset has the content of {} already\n", options.number));
  }
}

void run_rollback(Globals& globals, const std::string& metaset, store::RollbackOptions options) {
  const auto opened = open_for_writing(globals);
  options.number = store::require_metaset(*opened, metaset);
  options.who = identity();
  const auto record = depot::rollback_to(*opened, local_actor(), options);
  if (record) {
    finish_commit(*opened, "rollback");
  } else {
    globals.exit_code = kNothing;
  }
  show_rollback(globals, *opened, record, options);
}

}  // namespace

void define_rollback(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "rollback",
                                  "make a new metaset with the content of an earlier one", true);
  auto options = std::make_shared<store::RollbackOptions>();
  auto hold = std::make_shared<bool>(false);
  auto metaset = std::make_shared<std::string>();
  command->add_option("metaset", *metaset, "number, tag or time of the earlier metaset")
      ->required();
  command->add_option("-m,--message", options->message, "why, for the log");
  command->add_flag("--hold", *hold, "commit without activating");
  command->callback([&globals, metaset, options, hold] {
    options->activate = !*hold;
    run_rollback(globals, *metaset, *options);
  });
}

}  // namespace metaset::app
