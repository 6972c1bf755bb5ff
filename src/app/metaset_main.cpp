// metaset: the command for people who run a repository (man/metaset.1).
#include <csignal>
#include <cstdio>

#include "metaset/base/error.h"

#include "cli.h"
#include "config.h"

namespace {

using Define = void (*)(CLI::App&, metaset::app::Globals&);

// In the order --help shows them.
constexpr Define kCommands[] = {
    metaset::app::define_init,    metaset::app::define_import,   metaset::app::define_export,
    metaset::app::define_bundle,  metaset::app::define_unbundle, metaset::app::define_replicate,
    metaset::app::define_serve,   metaset::app::define_get,      metaset::app::define_set,
    metaset::app::define_publish, metaset::app::define_remove,   metaset::app::define_stage,
    metaset::app::define_commit,  metaset::app::define_activate, metaset::app::define_rollback,
    metaset::app::define_status,  metaset::app::define_tag,      metaset::app::define_untag,
    metaset::app::define_sign,    metaset::app::define_log,      metaset::app::define_show,
    metaset::app::define_diff,    metaset::app::define_list,     metaset::app::define_contents,
    metaset::app::define_token,   metaset::app::define_grant,    metaset::app::define_audit,
    metaset::app::define_verify,  metaset::app::define_repair,   metaset::app::define_gc,
    metaset::app::define_agent,   metaset::app::define_rollout,  metaset::app::define_search,
    metaset::app::define_reindex, metaset::app::define_top,      metaset::app::define_doctor,
};

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
  app.set_version_flag("--version", "metaset " PACKAGE_VERSION);
  app.require_subcommand(1);
  app.failure_message(usage_failure);
  metaset::app::Globals globals;
  for (const Define define : kCommands) define(app, globals);
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
