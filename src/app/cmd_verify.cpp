// metaset verify: is everything there, and is it what it should be?
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/verify.h"

#include "cli.h"
#include "progress.h"

namespace metaset::app {

namespace {

constexpr std::size_t kShownPackages = 3;  // with one damage, for people

// Areas can only be read by who may write; everything else does not need that.
std::unique_ptr<store::Repository> open_as_possible(const std::string& root) {
  try {
    return std::make_unique<store::Repository>(root, store::Access::kWrite);
  } catch (const Error& error) {
    if (error.code() != Code::kDenied) throw;
    return std::make_unique<store::Repository>(root, store::Access::kRead);
  }
}

// What is damaged may hold anything, also what moves a terminal's cursor.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
  return text;
}

std::string as_text(const depot::Damage& damage) {
  std::string text =
      fmt::format("{}: {}: {}", damage_kind_name(damage.kind), damage.what, damage.reason);
  // Most often a package's own FMRI is all there is to say.
  if (damage.needed_by.empty() || damage.needed_by.front() == damage.what) return one_line(text);
  for (std::size_t i = 0; i < std::min(kShownPackages, damage.needed_by.size()); ++i) {
    text += (i == 0 ? "; needed by " : ", ") + damage.needed_by[i];
  }
  if (damage.needed_by_count > kShownPackages) {
    text += fmt::format(" and {} more", damage.needed_by_count - kShownPackages);
  }
  return one_line(text);
}

void show_verify(const depot::VerifyReport& report, bool payload_content) {
  std::string text;
  for (const depot::Damage& damage : report.damage) text += as_text(damage) + "\n";
  if (report.stray_payloads > 0) {
    text += fmt::format("note: {} payloads ({}) are referred to by nothing\n",
                        report.stray_payloads, human_size(report.stray_bytes));
  }
  if (report.signed_metaset > 0) {
    text += fmt::format("metaset {} and all before it are signed by a trusted key, last at {}\n",
                        report.signed_metaset, for_people(report.signed_at));
  }
  text += fmt::format("{} metasets, {} manifests, {} payloads ({}) {}, ", report.metasets,
                      report.manifests, report.payloads, human_size(report.payload_bytes),
                      payload_content ? "verified" : "verified by size");
  text += report.damage.empty() ? "no damage\n" : fmt::format("{} damaged\n", report.damage.size());
  print(text);
}

rapidjson::Value as_json_verify(const depot::Damage& damage, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("kind", json_text(damage_kind_name(damage.kind), json), allocator);
  item.AddMember("what", json_text(damage.what, json), allocator);
  item.AddMember("reason", json_text(damage.reason, json), allocator);
  rapidjson::Value packages(rapidjson::kArrayType);
  for (const std::string& fmri : damage.needed_by) {
    packages.PushBack(json_text(fmri, json), allocator);
  }
  item.AddMember("needed-by", packages, allocator);
  item.AddMember("needed-by-count", damage.needed_by_count, allocator);
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
  rapidjson::Value damages(rapidjson::kArrayType);
  for (const depot::Damage& damage : report.damage) {
    damages.PushBack(as_json_verify(damage, json), allocator);
  }
  json.AddMember("damage", damages, allocator);
  print_json(json);
}

void run_verify(Globals& globals, const depot::VerifyOptions& options) {
  const auto repository = open_as_possible(globals.root());
  depot::VerifyReport report;
  {
    Progress progress;
    report = depot::verify(*repository, options, [&](const depot::VerifyProgress& now) {
      progress.update(now.phase, now.done, now.total, now.bytes);
    });
  }
  globals.json ? show_json_verify(report) : show_verify(report, options.payload_content);
  if (!report.damage.empty()) globals.exit_code = kPartial;
}

}  // namespace

void define_verify(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "verify", "check every hash and every reference", true);
  auto options = std::make_shared<depot::VerifyOptions>();
  auto shallow = std::make_shared<bool>(false);
  command->add_flag("--no-payload-content", *shallow,
                    "look only whether payloads are there and have the right size");
  command
      ->add_option("--threads", options->threads,
                   "threads that read and hash; 0: one for each core")
      ->check(CLI::Range(0U, 256U));
  auto trusted = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("--trust", *trusted,
                   "file with a public key or certificate; one of these must have signed what is "
                   "active")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->callback([&globals, options, shallow, trusted] {
    options->payload_content = !*shallow;
    for (const std::string& file : *trusted) {
      options->trusted.push_back(std::make_shared<const Key>(Key::read_public(file)));
    }
    run_verify(globals, *options);
  });
}

}  // namespace metaset::app
