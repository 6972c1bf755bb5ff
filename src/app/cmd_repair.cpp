// metaset repair: what is damaged or missing is fetched from other depots.
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/base/percent.h"
#include "metaset/base/quantity.h"
#include "metaset/depot/audited.h"
#include "metaset/net/depot_source.h"
#include "metaset/pkg5/stock_source.h"

#include "cli.h"
#include "damage_text.h"
#include "http_options.h"
#include "progress.h"

namespace metaset::app {

namespace {

struct RepairArguments {
  std::vector<std::string> from;
  depot::RepairOptions options;
  net::HttpOptions http;
  bool shallow = false;
  std::string limit;
};

std::string path_of_file_url(const std::string& url) {
  constexpr std::string_view kScheme = "file://";
  const auto path = percent_decode(std::string_view(url).substr(kScheme.size()));
  if (!path || !path->starts_with('/')) {
    throw Error(Code::kUsage, "--from: '" + url + "' does not name a directory: file:///PATH does");
  }
  return *path;
}

// An environment must not be opened twice in one process.
void require_another(const std::string& path, const store::Repository& repository) {
  const auto there = file_info(path), here = file_info(repository.root());
  if (there && here && there->device == here->device && there->inode == here->inode) {
    throw Error(Code::kUsage, "--from: " + path + " is the repository that is to be repaired");
  }
}

std::unique_ptr<store::ContentSource> open_source(const std::string& from,
                                                  const net::HttpOptions& http,
                                                  const store::Repository& repository) {
  if (from.starts_with("http://") || from.starts_with("https://")) {
    return net::depot_source(from, http);
  }
  if (from.find("://") != std::string::npos && !from.starts_with("file://")) {
    throw Error(Code::kUsage, "--from: '" + net::url_without_secrets(from) +
                                  "' is neither an http, https or file URL nor a directory");
  }
  const std::string path = from.starts_with("file://") ? path_of_file_url(from) : from;
  if (!store::Repository::is_repository(path)) return pkg5::stock_source(path);
  require_another(path, repository);
  return store::repository_source(path);
}

std::string as_text(const depot::Repair& repair) {
  const bool told = repair.outcome == depot::RepairOutcome::kRepairable;
  return fmt::format(
      "{}: {}\n", depot::repair_outcome_name(repair.outcome),
      damage_line(repair.damage) + (told ? "" : one_line(fmt::format("; {}", repair.how))));
}

void show_repair(const depot::RepairReport& report) {
  std::string text;
  for (const depot::Repair& repair : report.repairs) text += as_text(repair);
  text += fmt::format("{} manifests, {} payloads: ", report.manifests, report.payloads);
  if (report.repairs.empty()) {
    text += "no damage\n";
  } else if (const auto repairable = report.count(depot::RepairOutcome::kRepairable);
             repairable > 0) {
    text += fmt::format("{} could be fetched, {} could not\n", repairable, report.left());
  } else {
    text += fmt::format("{} repaired, {} left\n", report.count(depot::RepairOutcome::kRepaired),
                        report.left());
  }
  print(text);
}

void show_json_repair(const depot::RepairReport& report) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("manifests", report.manifests, allocator);
  json.AddMember("payloads", report.payloads, allocator);
  json.AddMember("repaired", report.count(depot::RepairOutcome::kRepaired), allocator);
  json.AddMember("repairable", report.count(depot::RepairOutcome::kRepairable), allocator);
  json.AddMember("left", report.left(), allocator);
  rapidjson::Value repairs(rapidjson::kArrayType);
  for (const depot::Repair& repair : report.repairs) {
    rapidjson::Value item = damage_json(repair.damage, json);
    item.AddMember("outcome", json_text(depot::repair_outcome_name(repair.outcome), json),
                   allocator);
    item.AddMember("how", json_text(repair.how, json), allocator);
    repairs.PushBack(item, allocator);
  }
  json.AddMember("repairs", repairs, allocator);
  print_json(json);
}

void run_repair(Globals& globals, const RepairArguments& arguments) {
  depot::RepairOptions options = arguments.options;
  options.payload_content = !arguments.shallow;
  if (!arguments.limit.empty()) {
    const auto limit = parse_size(arguments.limit);
    if (!limit) {
      throw Error(Code::kUsage, "--limit: '" + arguments.limit +
                                    "' is not a size (bytes, or a number with K, M, G or T)");
    }
    options.max_payload = *limit;
  }
  // Nothing is settled first: that reads what may be damaged.
  const auto repository =
      std::make_unique<store::Repository>(globals.root(), store::Access::kWrite);
  depot::Sources sources;
  for (const std::string& from : arguments.from) {
    sources.push_back(open_source(from, arguments.http, *repository));
  }
  depot::RepairReport report;
  {
    Progress progress;
    report =
        depot::repair_repository(*repository, local_actor(), sources, options, progress.callback());
  }
  globals.json ? show_json_repair(report) : show_repair(report);
  if (report.left() > 0) globals.exit_code = kFailed;
}

}  // namespace

void define_repair(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(
      app, globals, "repair", "mend what is damaged or missing, with what other depots have", true);
  auto arguments = std::make_shared<RepairArguments>();
  command->add_option("--from", arguments->from, "depot, or directory of a repository, in order")
      ->type_name("URL")
      ->allow_extra_args(false);
  command->add_flag("-n,--dry-run", arguments->options.dry_run,
                    "show what is damaged, fetch and change nothing");
  command->add_flag("--known", arguments->options.known_only,
                    "of the payloads look only at those that verify --resume found damaged");
  command->add_flag("--no-payload-content", arguments->shallow,
                    "look only whether payloads are there and have the right size");
  command
      ->add_option("--threads", arguments->options.threads,
                   "threads that read and hash; 0: one for each core")
      ->check(CLI::Range(0U, 256U));
  command
      ->add_option("--limit", arguments->limit,
                   "the largest content of a payload of which no manifest says how large it is")
      ->type_name("BYTES");
  add_http_options(*command, arguments->http);
  command->callback([&globals, arguments] { run_repair(globals, *arguments); });
}

}  // namespace metaset::app
