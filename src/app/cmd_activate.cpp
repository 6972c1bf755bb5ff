#include <fmt/format.h>

#include "metaset/depot/audited.h"

#include "cli.h"
#include "metaset_text.h"

namespace metaset::app {

namespace {

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
  auto metaset = std::make_shared<std::string>();
  command->add_option("metaset", *metaset, "number, tag or time of the metaset")->required();
  command->callback([&globals, metaset] { run_activate(globals, *metaset); });
}

}  // namespace metaset::app
