// metaset doctor: what is wrong with a depot, and what to change (man/metaset.1).
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/layout.h"

#include "cli.h"
#include "doctor.h"
#include "etcd_options.h"
#include "help_format.h"
#include "http_options.h"

namespace metaset::app {
namespace {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kError:
      return "error";
    case Verdict::kSkipped:
      return "skipped";
  }
  return "error";
}

std::string text_of(const Diagnosis& diagnosis) {
  std::string text;
  for (const Finding& one : diagnosis.findings()) {
    text += fmt::format("{:<8} {}: {}: {}\n", verdict_name(one.verdict), one.topic, one.name,
                        one.found);
    if (!one.advice.empty()) text += fmt::format("         -> {}\n", one.advice);
  }
  return text + fmt::format("{} errors, {} warnings, {} skipped, {} in order\n",
                            diagnosis.count(Verdict::kError), diagnosis.count(Verdict::kWarning),
                            diagnosis.count(Verdict::kSkipped), diagnosis.count(Verdict::kOk));
}

rapidjson::Document json_of(const Diagnosis& diagnosis) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  rapidjson::Value findings(rapidjson::kArrayType);
  for (const Finding& one : diagnosis.findings()) {
    rapidjson::Value object(rapidjson::kObjectType);
    object.AddMember("topic", json_text(one.topic, json), allocator);
    object.AddMember("check", json_text(one.name, json), allocator);
    object.AddMember("verdict", json_text(std::string(verdict_name(one.verdict)), json), allocator);
    object.AddMember("found", json_text(one.found, json), allocator);
    object.AddMember("advice", json_text(one.advice, json), allocator);
    findings.PushBack(object, allocator);
  }
  json.AddMember("findings", findings, allocator);
  json.AddMember("errors", diagnosis.count(Verdict::kError), allocator);
  json.AddMember("warnings", diagnosis.count(Verdict::kWarning), allocator);
  return json;
}

void run_doctor(Globals& globals, DoctorOptions& options, const GroupArguments& in_group) {
  options.repository = globals.repository;
  if (options.repository.empty() && options.url.empty()) {
    throw Error(Code::kUsage, "nothing to look at: name a repository (-d), an address (--url)");
  }
  if (!options.url.empty()) options.url = net::checked_base_url(options.url);
  if (!options.publish_url.empty())
    options.publish_url = net::checked_base_url(options.publish_url);
  if (options.counters.empty() && !options.repository.empty()) {
    const std::string path = store::metrics_path(options.repository);
    if (file_info(path)) options.counters = path;
  }
  if (!in_group.etcd.empty()) options.etcd = etcd_options(in_group);
  Diagnosis diagnosis;
  for (const auto check : {check_files, check_disk, check_database, check_limits, check_web_server,
                           check_publish_endpoint, check_group}) {
    try {
      check(options, diagnosis);
    } catch (const Error& error) {
      diagnosis.error("access", error.message(), "run this as the user that serves it");
    }
  }
  globals.json ? print_json(json_of(diagnosis)) : print(text_of(diagnosis));
  if (diagnosis.count(Verdict::kError) > 0) globals.exit_code = kFailed;
}

}  // namespace

std::size_t Diagnosis::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::ranges::count(findings_, verdict, &Finding::verdict));
}

void define_doctor(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "doctor",
                                  "find what is wrong with a depot, and say what to change", true);
  auto options = std::make_shared<DoctorOptions>();
  command->add_option("--url", options->url, "address of the depot, which is asked")
      ->type_name("URL");
  command
      ->add_option("--publish-url", options->publish_url,
                   "address that packages are published to, which is asked")
      ->type_name("URL");
  command
      ->add_option("--counters", options->counters,
                   "file that workers count in, if METASET_METRICS names another one than "
                   "catalog/metrics in the repository")
      ->type_name("FILE");
  command->add_option("--gate", options->gate, "file of metaset agent (its --gate)")
      ->type_name("FILE");
  const auto in_group = add_group_options(*command);
  add_http_options(*command, options->http);
  seldom_needed(*command, {"--counters"});
  command->callback([&globals, options, in_group] { run_doctor(globals, *options, *in_group); });
}

}  // namespace metaset::app
