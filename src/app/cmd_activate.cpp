#include <fmt/format.h>

#include "metaset/depot/audited.h"

#include "cli.h"
#include "metaset_text.h"

namespace metaset::app {

namespace {

struct ActivateOptions {
  std::string metaset, at;
  bool cancel = false;
};

void print_schedule(const std::optional<store::Schedule>& schedule) {
  rapidjson::Document json(rapidjson::kObjectType);
  json.AddMember("scheduled", depot::schedule_json(schedule, json), json.GetAllocator());
  print_json(json);
}

void run_activate_at(Globals& globals, const ActivateOptions& options) {
  const Time at = store::parse_moment(options.at);
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const store::MetasetNumber number = store::require_metaset(repository, options.metaset);
  const auto done = depot::activate_metaset_at(repository, local_actor(), number, at);
  if (done.now == number && done.before == number) globals.exit_code = kNothing;
  if (globals.json) return print_schedule(done.scheduled);
  print(done.now == number ? fmt::format("metaset {} is active{}\n", number,
                                         done.before == number ? " already" : " from now on")
                           : fmt::format("metaset {} becomes active at {}, until then {} is\n",
                                         number, basic_timestamp(done.scheduled->at), done.now));
}

void run_cancel(Globals& globals) {
  const auto opened = open_for_writing(globals);
  const auto done = depot::cancel_activation(*opened, local_actor());
  if (!done) globals.exit_code = kNothing;
  if (globals.json) return print_schedule(std::nullopt);
  print(done ? fmt::format("metaset {} does not become active at {}\n", done->number,
                           basic_timestamp(done->at))
             : std::string("nothing is scheduled\n"));
}

void run_activate(Globals& globals, const std::string& metaset) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const store::MetasetNumber number = store::require_metaset(repository, metaset);
  const store::Activation done = depot::activate_metaset(repository, local_actor(), number);
  if (done.before == done.now) globals.exit_code = kNothing;
  if (globals.json) {
    const lmdb::ReadTxn txn(repository.committed());
    const store::View view(repository.committed(), txn, number);
    rapidjson::Document json;
    json.CopyFrom(metaset_json(view, view.record(), json), json.GetAllocator());
    print_json(json);
    return;
  }
  print(done.before == done.now
            ? fmt::format("metaset {} is active already\n", number)
            : fmt::format("metaset {} is active, before it was {}\n", number, done.before));
}

}  // namespace

void define_activate(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "activate", "serve a metaset that was held", true);
  auto options = std::make_shared<ActivateOptions>();
  auto* const metaset =
      command->add_option("metaset", options->metaset, "number, tag or time of the metaset");
  command->add_option("--at", options->at, "when: a time in UTC, or +SECONDS from now")
      ->needs(metaset);
  command->add_flag("--cancel", options->cancel, "what was scheduled does not become active")
      ->excludes(metaset);
  command->callback([&globals, options] {
    if (options->cancel) return run_cancel(globals);
    if (options->metaset.empty()) throw CLI::RequiredError("metaset");
    if (!options->at.empty()) return run_activate_at(globals, *options);
    run_activate(globals, options->metaset);
  });
}

}  // namespace metaset::app
