#include <fmt/format.h>

#include "metaset/depot/audited.h"

#include "cli.h"
#include "commit_report.h"
#include "metaset_text.h"

namespace metaset::app {

namespace {

struct CommitOptions {
  depot::CommitCheckOptions check;
  store::CommitOptions commit;
  bool dry_run = false, hold = false;
  std::string key;  // file to sign with; empty: nothing is signed
};

// After --json the whole answer is one object; what people read goes to standard error beside it.
void show_refusal(Globals& globals, const depot::CommitReport& report) {
  globals.exit_code = kFailed;
  if (globals.json) return;
  std::fputs(findings_text(report).c_str(), stderr);
  std::fprintf(stderr, "metaset: commit: refused: %zu errors; nothing was changed\n",
               report.errors());
}

void show_json_commit(const store::Repository& repository, const depot::CommitOutcome& outcome) {
  rapidjson::Document json;
  json.CopyFrom(depot::outcome_json(repository, outcome, json), json.GetAllocator());
  print_json(json);
}

void show_success(const depot::CommitOutcome& outcome, bool hold) {
  std::fputs(findings_text(outcome.report).c_str(), stderr);
  const store::MetasetRecord& record = *outcome.metaset;
  std::string text = fmt::format("metaset {} {}: {} operations, {} packages, {} versions\n",
                                 record.number, hold ? "is committed, not active" : "is active",
                                 change_counts(record), record.packages, record.package_versions);
  for (const auto held : outcome.also_activated) {
    text += fmt::format("metaset {}, which was held, became active with it\n", held);
  }
  if (hold) text += fmt::format("metaset activate {} activates it\n", record.number);
  print(text);
}

void dry_run(Globals& globals, store::Repository& repository, const CommitOptions& options) {
  const depot::CommitOutcome outcome{depot::check_commit(repository, options.check), {}, {}};
  if (outcome.report.errors() > 0) globals.exit_code = kFailed;
  if (globals.json) {
    show_json_commit(repository, outcome);
  } else {
    print(findings_text(outcome.report) + diff_text(outcome.report));
  }
}

void run_commit(Globals& globals, CommitOptions options) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const auto area = store::Staging(repository.staging()).area(options.check.area);
  if ((!area || area->record.changes == 0) && !globals.json) {
    print("nothing to commit: staging area " + options.check.area + " is empty\n");
    globals.exit_code = kNothing;
    return;
  }
  if (options.dry_run) {
    dry_run(globals, repository, options);
    return;
  }
  std::optional<Key> key;  // before anything is done, because the file may be no key
  if (!options.key.empty()) key = Key::read_private(options.key);
  options.commit.who = identity();
  options.commit.activate = !options.hold;
  const auto outcome = depot::commit_area(repository, local_actor(), options.check, options.commit);
  if (!outcome.metaset) {
    show_refusal(globals, outcome.report);
    if (outcome.report.found("empty")) globals.exit_code = kNothing;
  } else {
    if (key) depot::sign_metaset(repository, local_actor(), outcome.metaset->number, *key);
    finish_commit(repository, "commit");
  }
  if (globals.json) {
    show_json_commit(repository, outcome);
  } else if (outcome.metaset) {
    show_success(outcome, options.hold);
  }
}

}  // namespace

void define_commit(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "commit", "turn a staging area into the next metaset", true);
  auto options = std::make_shared<CommitOptions>();
  command->add_option("-m,--message", options->commit.message, "what this metaset is, for the log");
  command->add_option("-a,--area", options->check.area, "staging area (default: default)")
      ->type_name("AREA");
  command->add_option("--warn", options->check.warn, "checks whose errors do not refuse the commit")
      ->type_name("CHECK,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("--deep", options->check.deep, "read every payload and compare its hashes");
  command->add_flag("-n,--dry-run", options->dry_run, "check, show the changes, do nothing");
  command->add_flag("--hold", options->hold, "commit without activating");
  command->add_option("--sign", options->key, "sign the metaset with this private key")
      ->type_name("FILE");
  command->callback([&globals, options] { run_commit(globals, *options); });
}

}  // namespace metaset::app
