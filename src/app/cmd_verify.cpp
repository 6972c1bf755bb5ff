// metaset verify: is everything there, and is it what it should be?
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/priority.h"
#include "metaset/base/quantity.h"
#include "metaset/depot/verify.h"

#include "cli.h"
#include "damage_text.h"
#include "progress.h"
#include "trust_option.h"

namespace metaset::app {

namespace {

// Areas can only be read by who may write; everything else does not need that.
std::unique_ptr<store::Repository> open_as_possible(const std::string& root) {
  try {
    return std::make_unique<store::Repository>(root, store::Access::kWrite);
  } catch (const Error& error) {
    if (error.code() != Code::kDenied) throw;
    return std::make_unique<store::Repository>(root, store::Access::kRead);
  }
}

std::string as_text(const depot::VerifyRound& round) {
  std::string text;
  if (round.complete) {
    text = fmt::format("this round is complete: every payload was checked since {}\n",
                       for_people(round.started));
  } else {
    text = fmt::format(
        "payloads of this round, since {}: {} of {} are checked, metaset verify "
        "--resume goes on\n",
        for_people(round.started), round.checked, round.total);
    text += round.last ? fmt::format("the last complete round was from {} to {}\n",
                                     for_people(round.last->started), for_people(round.last->ended))
                       : "there was no complete round yet\n";
  }
  if (round.known_damaged > 0) {
    text +=
        fmt::format("{} payloads that earlier runs found damaged were not looked at again yet\n",
                    round.known_damaged);
  }
  return text;
}

void show_verify(const depot::VerifyReport& report, bool payload_content) {
  std::string text;
  for (const depot::Damage& damage : report.damage) text += damage_line(damage) + "\n";
  if (report.stray_payloads > 0) {
    text += fmt::format("note: {} payloads ({}) are referred to by nothing\n",
                        report.stray_payloads, human_size(report.stray_bytes));
  }
  if (report.signed_metaset > 0) {
    text += fmt::format("metaset {} and all before it are signed by a trusted key, last at {}\n",
                        report.signed_metaset, for_people(report.signed_at));
  }
  if (report.round) text += as_text(*report.round);
  text += fmt::format("{} metasets, {} manifests, {} payloads ({}) {}, ", report.metasets,
                      report.manifests, report.payloads, human_size(report.payload_bytes),
                      payload_content ? "verified" : "verified by size");
  text += report.damage.empty() ? "no damage\n" : fmt::format("{} damaged\n", report.damage.size());
  print(text);
}

rapidjson::Value as_json(const depot::VerifyRound& round, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  const auto add_time = [&](const char* name, Time time) {
    item.AddMember(rapidjson::StringRef(name), json_text(for_people(time), json), allocator);
  };
  add_time("started", round.started);
  item.AddMember("checked", round.checked, allocator);
  item.AddMember("total", round.total, allocator);
  item.AddMember("complete", round.complete, allocator);
  item.AddMember("known-damaged", round.known_damaged, allocator);
  if (round.last) {
    add_time("last-complete-started", round.last->started);
    add_time("last-complete-ended", round.last->ended);
  }
  return item;
}

void show_json_verify(const depot::VerifyReport& report) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("metasets", report.metasets, allocator);
  json.AddMember("publishers", report.publishers, allocator);
  json.AddMember("operations", report.operations, allocator);
  json.AddMember("package-versions", report.package_versions, allocator);
  json.AddMember("texts", report.texts, allocator);
  json.AddMember("manifests", report.manifests, allocator);
  json.AddMember("payloads", report.payloads, allocator);
  json.AddMember("payload-bytes", report.payload_bytes, allocator);
  json.AddMember("catalog-files", report.catalog_files, allocator);
  json.AddMember("staged-changes", report.staged_changes, allocator);
  json.AddMember("packages-with-other-texts", report.other_texts, allocator);
  json.AddMember("stray-payloads", report.stray_payloads, allocator);
  json.AddMember("stray-bytes", report.stray_bytes, allocator);
  json.AddMember("statements", report.statements, allocator);
  json.AddMember("signed-metaset", report.signed_metaset, allocator);
  if (report.round) json.AddMember("round", as_json(*report.round, json), allocator);
  rapidjson::Value damages(rapidjson::kArrayType);
  for (const depot::Damage& damage : report.damage) {
    damages.PushBack(damage_json(damage, json), allocator);
  }
  json.AddMember("damage", damages, allocator);
  print_json(json);
}

void run_verify(Globals& globals, const depot::VerifyOptions& options) {
  const auto repository = open_as_possible(globals.root());
  depot::VerifyReport report;
  {
    Progress progress;
    report = depot::verify(*repository, options, progress.callback());
  }
  globals.json ? show_json_verify(report) : show_verify(report, options.payload_content);
  if (!report.damage.empty()) globals.exit_code = kPartial;
  if (!report.round) return;
  if (report.round->known_damaged > 0) globals.exit_code = kPartial;
  if (!report.round->problem.empty()) {
    throw Error(Code::kIo, "how far this run came was not kept: " + report.round->problem);
  }
}

struct VerifyArguments {
  depot::VerifyOptions options;
  bool shallow = false;
  std::shared_ptr<std::vector<std::string>> trusted;  // files
  std::string rate, time;
};

depot::VerifyOptions options_of(const VerifyArguments& arguments) {
  depot::VerifyOptions options = arguments.options;
  options.payload_content = !arguments.shallow;
  options.trusted = read_trusted_keys(*arguments.trusted);
  if (!arguments.rate.empty()) {
    options.rate = parse_size(arguments.rate).value_or(0);
    if (options.rate == 0) {
      throw Error(Code::kUsage, "--rate: '" + arguments.rate +
                                    "' is not a number of bytes (digits, perhaps with K, M or G)");
    }
  }
  if (!arguments.time.empty()) {
    const auto time = parse_duration(arguments.time);
    if (!time) {
      throw Error(Code::kUsage, "--for: '" + arguments.time +
                                    "' is not a length of time such as 90s, 30m, 2h or 1h30m");
    }
    options.until = std::chrono::steady_clock::now() + *time;
    options.resume = true;
  }
  return options;
}

}  // namespace

void define_verify(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "verify", "check every hash and every reference", true);
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::Option* shallow =
      command->add_flag("--no-payload-content", arguments->shallow,
                        "look only whether payloads are there and have the right size");
  command
      ->add_option("--threads", arguments->options.threads,
                   "threads that read and hash; 0: one for each core")
      ->check(CLI::Range(0U, 256U));
  command
      ->add_option("--rate", arguments->rate,
                   "bytes of payloads to read in a second, with low priority")
      ->type_name("BYTES")
      ->excludes(shallow);
  command
      ->add_flag("--resume", arguments->options.resume,
                 "go on with the payloads where the last run with --resume stopped")
      ->excludes(shallow);
  command->add_option("--for", arguments->time, "as --resume; stop after so much time")
      ->type_name("TIME")
      ->excludes(shallow);
  arguments->trusted = add_trust_option(
      *command,
      "file with a public key or certificate; one of these must have signed what is active");
  command->callback([&globals, arguments] {
    const depot::VerifyOptions options = options_of(*arguments);
    if (options.rate != 0) lower_priority();
    run_verify(globals, options);
  });
}

}  // namespace metaset::app
