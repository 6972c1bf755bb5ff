// What the commands of the `metaset` program share. One file per command: cmd_NAME.cpp defines it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <rapidjson/document.h>

#include "metaset/base/clock.h"
#include "metaset/depot/documents.h"
#include "metaset/store/access.h"
#include "metaset/store/repository.h"

namespace metaset::app {

// Exit statuses (man/metaset.1); the same numbers as the stock tools use.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kBadUsage = 2,
  kPartial = 3,  // some of it failed, or verify found damage
  kNothing = 4,  // nothing had to be done
};
int exit_code_of(const std::exception& error);

struct Globals {
  std::string repository;  // -d
  bool json = false;
  int exit_code = kOk;
  // The value of -d or METASET_ROOT; kUsage if neither is given.
  std::string root() const;
};

// Adds a subcommand with -d and, if it has something to print for programs, --json.
CLI::App* add_command(CLI::App& app, Globals& globals, const char* name, const char* summary,
                      bool json);

// The user and host to record: "jane@build1".
std::string identity();
// The one who changes tokens and grants here, for the audit: "local:jane@build1".
store::Actor local_actor();
// What this command did, for the audit, under local_actor()'s name. It is done by then: if the
// audit cannot be written, that is a warning.
struct Deed {
  std::string event, object;
  std::string result = "ok";
};
void note_in_audit(store::Repository& repository, const std::vector<Deed>& deeds);
// Prints to standard output; kIo if that fails (a full disk behind a redirection).
void print(std::string_view text);
void print_json(const rapidjson::Value& value);
// 2026-11-22T12:00:00Z
std::string for_people(Time time);
std::string human_size(std::uint64_t bytes);
using depot::json_text;

// A repository opened for writing, with leftovers of crashes settled.
std::unique_ptr<store::Repository> open_for_writing(const Globals& globals);

void define_init(CLI::App& app, Globals& globals);
void define_get(CLI::App& app, Globals& globals);
void define_set(CLI::App& app, Globals& globals);
void define_import(CLI::App& app, Globals& globals);
void define_export(CLI::App& app, Globals& globals);
void define_bundle(CLI::App& app, Globals& globals);
void define_unbundle(CLI::App& app, Globals& globals);
void define_replicate(CLI::App& app, Globals& globals);
void define_publish(CLI::App& app, Globals& globals);
void define_stage(CLI::App& app, Globals& globals);
void define_remove(CLI::App& app, Globals& globals);
void define_commit(CLI::App& app, Globals& globals);
void define_activate(CLI::App& app, Globals& globals);
void define_rollback(CLI::App& app, Globals& globals);
void define_tag(CLI::App& app, Globals& globals);
void define_untag(CLI::App& app, Globals& globals);
void define_sign(CLI::App& app, Globals& globals);
void define_status(CLI::App& app, Globals& globals);
void define_log(CLI::App& app, Globals& globals);
void define_show(CLI::App& app, Globals& globals);
void define_diff(CLI::App& app, Globals& globals);
void define_list(CLI::App& app, Globals& globals);
void define_search(CLI::App& app, Globals& globals);
void define_reindex(CLI::App& app, Globals& globals);
void define_contents(CLI::App& app, Globals& globals);
void define_verify(CLI::App& app, Globals& globals);
void define_gc(CLI::App& app, Globals& globals);
void define_repair(CLI::App& app, Globals& globals);
void define_token(CLI::App& app, Globals& globals);
void define_grant(CLI::App& app, Globals& globals);
void define_audit(CLI::App& app, Globals& globals);
void define_serve(CLI::App& app, Globals& globals);
void define_agent(CLI::App& app, Globals& globals);
void define_rollout(CLI::App& app, Globals& globals);
void define_doctor(CLI::App& app, Globals& globals);
void define_top(CLI::App& app, Globals& globals);

}  // namespace metaset::app
