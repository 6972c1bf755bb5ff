// metaset export: a metaset as a repository of the stock tools.
#include <fmt/format.h>

#include "metaset/pkg5/export.h"
#include "metaset/store/tags.h"

#include "cli.h"
#include "copy_report.h"
#include "progress.h"

namespace metaset::app {

namespace {

struct ExportOptions {
  std::string metaset, directory;
  pkg5::ExportOptions exporting;
};

void show_json_export(store::MetasetNumber number, const std::string& directory,
                      const pkg5::ExportResult& result) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  rapidjson::Value publishers(rapidjson::kArrayType);
  for (const pkg5::ExportedPublisher& publisher : result.publishers) {
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("prefix", json_text(publisher.prefix, json), allocator);
    item.AddMember("packages", publisher.packages, allocator);
    item.AddMember("package-versions", publisher.package_versions, allocator);
    publishers.PushBack(item, allocator);
  }
  json.AddMember("metaset", number, allocator);
  json.AddMember("directory", json_text(directory, json), allocator);
  json.AddMember("publishers", publishers, allocator);
  json.AddMember("manifests", result.manifests, allocator);
  json.AddMember("payloads", result.payloads, allocator);
  json.AddMember("linked", result.linked, allocator);
  json.AddMember("reflinked", result.reflinked, allocator);
  json.AddMember("copied", result.copied, allocator);
  json.AddMember("payload-bytes", result.payload_bytes, allocator);
  json.AddMember("missing", bad_payloads_json(result.missing, json), allocator);
  print_json(json);
}

void show_export(store::MetasetNumber number, const std::string& directory,
                 const pkg5::ExportResult& result) {
  std::string text;
  for (const pkg5::ExportedPublisher& publisher : result.publishers) {
    text += fmt::format("publisher {}: {} packages, {} versions\n", publisher.prefix,
                        publisher.packages, publisher.package_versions);
  }
  text += fmt::format("{} manifests, {} payloads: {} linked, {} copied ({})", result.manifests,
                      result.payloads, result.linked, result.reflinked + result.copied,
                      human_size(result.payload_bytes));
  if (!result.missing.empty()) text += fmt::format(", {} missing", result.missing.size());
  print(text + fmt::format("\nmetaset {} is in {}\n", number, directory));
}

void run_export(Globals& globals, const ExportOptions& options) {
  store::Repository repository(globals.root(), store::Access::kRead);
  const auto number = store::require_metaset(repository, options.metaset);
  pkg5::ExportResult result;
  {
    Progress progress;
    pkg5::export_metaset(repository, number, options.directory, options.exporting,
                         progress.callback(), result);
  }
  list_bad_payloads(result.missing, "missing");
  (globals.json ? show_json_export : show_export)(number, options.directory, result);
  if (!result.missing.empty()) globals.exit_code = kPartial;
}

}  // namespace

void define_export(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "export",
                                  "write a metaset as a repository of the stock tools", true);
  auto options = std::make_shared<ExportOptions>();
  command->add_option("metaset", options->metaset, "number, tag or time of the metaset")
      ->required();
  command->add_option("directory", options->directory, "the new repository")->required();
  command
      ->add_option("-p,--publisher", options->exporting.publishers,
                   "only this one; may be repeated")
      ->type_name("PUBLISHER")
      ->allow_extra_args(false);
  command->add_flag("--allow-missing-payloads", options->exporting.allow_missing_payloads,
                    "list payloads that are not there, export the rest");
  command->add_option("--threads", options->exporting.threads, "0: one for each core")
      ->check(CLI::Range(0U, 256U));
  command->callback([&globals, options] { run_export(globals, *options); });
}

}  // namespace metaset::app
