// metaset: the command for people who run a repository (man/metaset.1).
#include <csignal>
#include <cstdio>
#include <vector>

#include "metaset/base/error.h"

#include "cli.h"
#include "config.h"
#include "help_format.h"

namespace {

using Define = void (*)(CLI::App&, metaset::app::Globals&);

// In the order --help shows them.
struct Group {
  const char* name;
  std::vector<Define> commands;
};

const std::vector<Group>& groups() {
  using namespace metaset::app;
  static const std::vector<Group> all = {
      {"Repositories",
       {define_init, define_status, define_get, define_set, define_serve, define_import,
        define_export}},
      {"Packages",
       {define_publish, define_remove, define_stage, define_list, define_contents, define_search}},
      {"Metasets",
       {define_commit, define_activate, define_rollback, define_tag, define_untag, define_sign,
        define_log, define_show, define_diff}},
      {"Copies and groups",
       {define_bundle, define_unbundle, define_replicate, define_agent, define_rollout}},
      {"Rights", {define_token, define_grant, define_audit}},
      {"Health",
       {define_verify, define_repair, define_gc, define_reindex, define_top, define_doctor}},
  };
  return all;
}

void define_commands(CLI::App& app, metaset::app::Globals& globals) {
  for (const Group& group : groups()) {
    for (const Define define : group.commands) {
      define(app, globals);
      app.get_subcommands({}).back()->group(group.name);
    }
  }
}

// One line, as all errors are.
std::string usage_failure(const CLI::App* app, const CLI::Error& error) {
  std::string message = error.what();
  for (const CLI::App* sub : app->get_subcommands()) {
    return "metaset: " + sub->get_name() + ": " + message + " (metaset " + sub->get_name() +
           " --help)\n";
  }
  return "metaset: " + message + " (metaset --help)\n";
}

void report(const CLI::App& app, const std::exception& error) {
  std::string command;
  for (const CLI::App* sub : app.get_subcommands()) command = sub->get_name() + ": ";
  std::fprintf(stderr, "metaset: %s%s\n", command.c_str(), error.what());
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that went away (metaset log | head) is an error of write(2), not a reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Metaset: a package depot for the Image Packaging System", "metaset");
  metaset::app::add_help(app);
  app.set_version_flag("--version", "metaset " PACKAGE_VERSION);
  app.require_subcommand(1);
  app.failure_message(usage_failure);
  metaset::app::Globals globals;
  define_commands(app, globals);
  app.footer("\nmetaset COMMAND --help tells more of one of them, metaset(1) everything.");
  try {
    const std::string first = argc > 1 ? argv[1] : "-";
    const auto is_first = [&first](const CLI::App* sub) { return sub->check_name(first); };
    if (!first.starts_with('-') && app.get_subcommands(is_first).empty()) {
      throw metaset::Error(metaset::Code::kUsage,
                           "there is no command '" + first + "' (metaset --help lists them)");
    }
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? metaset::app::kOk : metaset::app::kBadUsage;
  } catch (const std::exception& error) {
    report(app, error);
    // A command that did a part of its work says so.
    if (globals.exit_code != metaset::app::kOk) return globals.exit_code;
    return metaset::app::exit_code_of(error);
  }
  return globals.exit_code;
}
