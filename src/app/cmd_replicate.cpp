// metaset replicate: the metasets of another depot or repository, with all they need.

#include <array>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/group/replicate.h"
#include "metaset/metrics/counters.h"
#include "metaset/store/layout.h"

#include "cli.h"
#include "http_options.h"
#include "progress.h"
#include "trust_option.h"

namespace metaset::app {

namespace {

struct ReplicateCommand {
  std::vector<std::string> from;
  store::MetasetNumber to = 0;  // 0: the last one
  group::ReplicateOptions options;
};

void show_json_replicate(const group::ReplicateResult& result) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("from", result.from, allocator);
  json.AddMember("to", result.to, allocator);
  json.AddMember("digest", json_text(to_hex(result.digest), json), allocator);
  json.AddMember("created", result.created, allocator);
  json.AddMember("applied", result.applied, allocator);
  json.AddMember("new-manifests", result.manifests, allocator);
  json.AddMember("new-payloads", result.payloads, allocator);
  json.AddMember("linked-payloads", result.linked, allocator);
  json.AddMember("payload-bytes", result.payload_bytes, allocator);
  json.AddMember("new-statements", result.statements, allocator);
  json.AddMember("new-tags", result.tags, allocator);
  json.AddMember("active", result.active, allocator);
  const auto add_list = [&](const char* name, const std::vector<std::string>& texts) {
    rapidjson::Value list(rapidjson::kArrayType);
    for (const std::string& text : texts) list.PushBack(json_text(text, json), allocator);
    json.AddMember(rapidjson::StringRef(name), list, allocator);
  };
  add_list("differing", result.differing);
  add_list("problems", result.problems);
  print_json(json);
}

void show_replicate(const std::string& root, const group::ReplicateResult& result) {
  std::string text;
  if (result.created) text += "created repository " + root + "\n";
  text += fmt::format(
      "{} metasets up to {} are new, with {} manifests, {} payloads ({}), {} statements, {} tags\n",
      result.applied, result.to, result.manifests, result.payloads,
      human_size(result.payload_bytes), result.statements, result.tags);
  print(text + fmt::format("metaset {} is active\n", result.active));
}

void run_replicate(Globals& globals, ReplicateCommand& command) {
  if (command.to != 0) command.options.target = command.to;
  command.options.who = identity();
  command.options.actor = local_actor();
  group::ReplicateResult result;
  {
    Progress progress;
    const auto run = [&] {
      if (!store::Repository::is_repository(globals.root())) {
        group::replicate_anew(globals.root(), command.from, command.options, progress.callback(),
                              result);
        return;
      }
      const auto repository = open_for_writing(globals);
      group::replicate(*repository, command.from, command.options, progress.callback(), result);
    };
    try {
      run();
    } catch (const Error&) {
      if (result.applied > 0) globals.exit_code = kPartial;
      throw;
    }
  }
  // For who watches the depot (man/metaset-metrics.5).
  using metrics::Note;
  const std::array<std::pair<Note, std::uint64_t>, 3> notes = {
      {{Note::kReplicationSource, result.to},
       {Note::kReplicationLag, 0},
       {Note::kReplicationTime, static_cast<std::uint64_t>(now().seconds())}}};
  metrics::note(store::metrics_path(globals.root()), notes);
  for (const std::string& problem : result.problems) {
    std::fprintf(stderr, "source not used: %s\n", problem.c_str());
  }
  for (const std::string& payload : result.differing) {
    std::fprintf(stderr, "payload is not as manifests say, here and there: %s\n", payload.c_str());
  }
  globals.json ? show_json_replicate(result) : show_replicate(globals.root(), result);
  if (!result.anything()) globals.exit_code = kNothing;
}

}  // namespace

void define_replicate(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "replicate",
                                  "get the metasets of another depot, with all they need", true);
  auto arguments = std::make_shared<ReplicateCommand>();
  command->add_option("--from", arguments->from, "depot, or directory of a repository, in order")
      ->type_name("URL")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--to", arguments->to, "last metaset to get (default: the last there is)")
      ->type_name("NUMBER")
      ->check(CLI::PositiveNumber);
  command->add_flag("--activate", arguments->options.activate,
                    "make it the active one when everything is here");
  command->add_option("--threads", arguments->options.threads, "threads that fetch (8)")
      ->check(CLI::Range(1U, 256U));
  const auto trusted = add_trust_option(
      *command,
      "file with a public key or certificate; one of these must have signed the last metaset");
  add_http_options(*command, arguments->options.http);
  add_token_option(*command, arguments->options.http);
  command->callback([&globals, arguments, trusted] {
    arguments->options.trusted = read_trusted_keys(*trusted);
    run_replicate(globals, *arguments);
  });
}

}  // namespace metaset::app
