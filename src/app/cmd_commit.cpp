#include <fmt/format.h>

#include "metaset/store/commit.h"

#include "cli.h"
#include "metaset_text.h"

namespace metaset::app {

namespace {

void run(Globals& globals, store::CommitOptions options) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const auto area = store::Staging(repository.staging()).area(options.area);
  if (!area || area->changes == 0) {
    print("nothing to commit: staging area " + options.area + " is empty\n");
    globals.exit_code = kNothing;
    return;
  }
  options.who = identity();
  const store::MetasetRecord record = store::commit(repository, options);
  // Durable from here on; what follows only spares the first client a wait.
  store::finish_commit(repository);
  const lmdb::ReadTxn txn(repository.committed());
  const store::View view(repository.committed(), txn, record.number);
  if (globals.json) {
    rapidjson::Document json;
    json.CopyFrom(metaset_json(view, record, json), json.GetAllocator());
    print_json(json);
    return;
  }
  print(fmt::format("metaset {} {}: {} operations, {} packages, {} versions\n", record.number,
                    options.activate ? "is active" : "is committed, not active",
                    change_counts(record), record.packages, record.package_versions));
}

}  // namespace

void define_commit(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "commit", "turn a staging area into the next metaset", true);
  auto options = std::make_shared<store::CommitOptions>();
  command->add_option("-m,--message", options->message, "what this metaset is, for the log");
  command->add_option("-a,--area", options->area, "staging area (default: default)");
  command->callback([&globals, options] { run(globals, *options); });
}

}  // namespace metaset::app
