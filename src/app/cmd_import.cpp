#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/pkg5/import.h"
#include "metaset/store/commit.h"

#include "cli.h"
#include "copy_report.h"
#include "progress.h"

namespace metaset::app {

namespace {

struct ImportOptions {
  std::string source;
  pkg5::ImportOptions import;
};

// What somebody has to look at, also when the import failed; bad payloads that ended it are in the
// message of its error.
void report_problems(const pkg5::ImportResult& result, const ImportOptions& options, bool failed) {
  if (!failed || options.import.allow_missing_payloads)
    list_bad_payloads(result.missing, "missing");
  if (!failed || options.import.allow_damaged_payloads)
    list_bad_payloads(result.damaged, "damaged");
  for (const std::string& fmri : result.unlisted_manifests) {
    std::fprintf(stderr, "not taken: %s has a manifest, but is in no catalog\n", fmri.c_str());
  }
  for (const std::string& warning : result.warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
}

bool took_payloads(const pkg5::ImportResult& result) {
  return result.linked + result.reflinked + result.copied > 0;
}

rapidjson::Value publishers_json(const pkg5::ImportResult& result, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value list(rapidjson::kArrayType);
  for (const pkg5::ImportedPublisher& publisher : result.publishers) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("prefix", json_text(publisher.prefix, json), allocator);
    item.AddMember("packages", publisher.packages, allocator);
    item.AddMember("package-versions", publisher.package_versions, allocator);
    item.AddMember("added", publisher.added, allocator);
    item.AddMember("removed", publisher.removed, allocator);
    item.AddMember("new", publisher.is_new, allocator);
    list.PushBack(item, allocator);
  }
  return list;
}

void show_json_import(const pkg5::ImportResult& result) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  rapidjson::Value metaset;
  if (result.metaset) metaset.SetUint64(*result.metaset);
  json.AddMember("metaset", metaset, allocator);
  json.AddMember("publishers", publishers_json(result, json), allocator);
  json.AddMember("manifests", result.manifests, allocator);
  json.AddMember("new-manifests", result.new_manifests, allocator);
  json.AddMember("payloads", result.payloads, allocator);
  json.AddMember("linked", result.linked, allocator);
  json.AddMember("reflinked", result.reflinked, allocator);
  json.AddMember("copied", result.copied, allocator);
  json.AddMember("present", result.present, allocator);
  json.AddMember("payload-bytes", result.payload_bytes, allocator);
  json.AddMember("missing", bad_payloads_json(result.missing, json), allocator);
  json.AddMember("damaged", bad_payloads_json(result.damaged, json), allocator);
  print_json(json);
}

void show_import(const Globals& globals, const pkg5::ImportResult& result) {
  std::string text;
  if (result.created_repository) text += "created repository " + globals.root() + "\n";
  for (const pkg5::ImportedPublisher& publisher : result.publishers) {
    text += fmt::format("publisher {}: {} packages, {} versions (+{} -{})\n", publisher.prefix,
                        publisher.packages, publisher.package_versions, publisher.added,
                        publisher.removed);
  }
  text += fmt::format(
      "{} manifests ({} new), {} payloads: {} linked, {} copied ({}), {} here already",
      result.manifests, result.new_manifests, result.payloads, result.linked,
      result.reflinked + result.copied, human_size(result.payload_bytes), result.present);
  if (!result.missing.empty()) text += fmt::format(", {} missing", result.missing.size());
  if (!result.damaged.empty()) text += fmt::format(", {} damaged", result.damaged.size());
  if (result.metaset) {
    text += fmt::format("\nmetaset {} is active\n", *result.metaset);
  } else {
    text += took_payloads(result) ? "\nno package was new\n" : "\nnothing was new\n";
  }
  print(text);
}

void run_import(Globals& globals, ImportOptions options) {
  options.import.who = identity();
  pkg5::ImportResult result;
  try {
    Progress progress;
    pkg5::import_repository(options.source, globals.root(), options.import, progress.callback(),
                            result);
  } catch (const std::exception&) {
    report_problems(result, options, true);
    throw;
  }
  report_problems(result, options, false);
  if (result.metaset) {
    note_in_audit(*open_for_writing(globals),
                  {{"commit", fmt::format("metaset {}", *result.metaset)}});
  }
  globals.json ? show_json_import(result) : show_import(globals, result);
  if (!result.missing.empty() || !result.damaged.empty()) {
    globals.exit_code = kPartial;
  } else if (!result.metaset && !took_payloads(result)) {
    globals.exit_code = kNothing;
  }
}

}  // namespace

void define_import(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(
      app, globals, "import", "take over a repository of the stock tools, with its history", true);
  auto options = std::make_shared<ImportOptions>();
  pkg5::ImportOptions& import = options->import;
  command->add_option("source", options->source, "directory of the stock repository")->required();
  command->add_option("-m,--message", import.message, "what the metaset's record says");
  command->add_flag("--allow-missing-payloads", import.allow_missing_payloads,
                    "list payloads that are not there, take the rest");
  command->add_flag("--allow-damaged-payloads", import.allow_damaged_payloads,
                    "list damaged payloads, take the rest");
  command->add_flag("--without-history", import.without_history,
                    "as after pkgrepo rebuild: clients download the catalogs whole");
  command->add_flag("--replace-configuration", import.replace_configuration,
                    "take properties although there are packages here");
  command->add_flag("--complete", import.complete,
                    "also look for payloads that were missing before");
  command->add_option("--threads", import.threads, "threads that hash; 0: one for each core")
      ->check(CLI::Range(0U, 256U));
  command->callback([&globals, options] { run_import(globals, *options); });
}

}  // namespace metaset::app
