// metaset gc: forgets metasets, and deletes what nothing refers to any more.
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/quantity.h"
#include "metaset/depot/audited.h"

#include "cli.h"
#include "progress.h"

namespace metaset::app {

namespace {

// "30d", or a time in UTC.
Time parse_since(std::string_view text) {
  if (const auto time = parse_iso_timestamp(text)) return *time;
  const auto age = parse_duration(text);
  if (age) return Time{now().micros - age->count() * 1'000'000};
  throw Error(Code::kUsage,
              fmt::format("--keep-since: '{}' is neither an age like 12h or 30d nor a UTC time "
                          "like 20240501T100000Z",
                          text));
}

std::string ranges_text(const std::vector<store::MetasetNumber>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    text += text.empty() ? "" : ", ";
    text += end - i == 1 ? fmt::format("{}", numbers[i])
                         : fmt::format("{} to {}", numbers[i], numbers[end - 1]);
    i = end;
  }
  return text;
}

std::string count_text(const depot::GcCount& count) {
  return fmt::format("{} ({})", count.count, human_size(count.bytes));
}

void show_gc(const depot::GcReport& report, const depot::GcOptions& options) {
  const char* const would = options.dry_run ? "would be " : "";
  std::string text;
  text +=
      report.forgotten.empty()
          ? fmt::format("metasets       none {}forgotten, {} kept\n", would, report.kept)
          : fmt::format("metasets       {} {}forgotten ({}), {} kept\n", report.forgotten.size(),
                        would, ranges_text(report.forgotten), report.kept);
  text += fmt::format("manifests      {} {}deleted\n", count_text(report.manifests), would);
  text += fmt::format("payloads       {} {}deleted\n", count_text(report.payloads), would);
  if (report.spared.count > 0) {
    text += fmt::format("               {} left for the next time: somebody is publishing\n",
                        count_text(report.spared));
  }
  text += fmt::format("catalog files  {} {}deleted\n", count_text(report.catalog_files), would);
  text += report.compaction ? fmt::format("database       {} before, {} now\n",
                                          human_size(report.compaction->before),
                                          human_size(report.compaction->after))
                            : fmt::format("database       {} in free pages, for later commits\n",
                                          human_size(report.free_bytes));
  if (!options.rules.any()) {
    text +=
        "No rule was given, so no metaset was forgotten (--keep-last, --keep-since, "
        "--keep-tagged).\n";
  }
  print(text);
}

rapidjson::Value count_json(const depot::GcCount& count, rapidjson::Document& json) {
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("count", count.count, json.GetAllocator());
  item.AddMember("bytes", count.bytes, json.GetAllocator());
  return item;
}

void show_json_gc(const depot::GcReport& report, const depot::GcOptions& options) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("dry-run", options.dry_run, allocator);
  rapidjson::Value forgotten(rapidjson::kArrayType);
  for (const auto number : report.forgotten) forgotten.PushBack(number, allocator);
  json.AddMember("forgotten", forgotten, allocator);
  json.AddMember("collected", report.collected, allocator);
  json.AddMember("kept", report.kept, allocator);
  json.AddMember("manifests", count_json(report.manifests, json), allocator);
  json.AddMember("payloads", count_json(report.payloads, json), allocator);
  json.AddMember("links", report.links, allocator);
  json.AddMember("spared", count_json(report.spared, json), allocator);
  json.AddMember("catalog-files", count_json(report.catalog_files, json), allocator);
  json.AddMember("free-bytes", report.free_bytes, allocator);
  rapidjson::Value compaction;
  if (report.compaction) {
    compaction.SetObject();
    compaction.AddMember("before", report.compaction->before, allocator);
    compaction.AddMember("after", report.compaction->after, allocator);
  }
  json.AddMember("compaction", compaction, allocator);
  print_json(json);
}

bool did_nothing(const depot::GcReport& report) {
  return report.forgotten.empty() && report.manifests.count == 0 && report.payloads.count == 0 &&
         report.links == 0 && report.catalog_files.count == 0 && !report.compaction;
}

void run_gc(Globals& globals, const depot::GcOptions& options) {
  const auto repository = open_for_writing(globals);
  depot::GcReport report;
  {
    Progress progress;
    report = depot::collect(*repository, local_actor(), options, progress.callback());
  }
  globals.json ? show_json_gc(report, options) : show_gc(report, options);
  if (did_nothing(report)) globals.exit_code = kNothing;
}

}  // namespace

void define_gc(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(
      app, globals, "gc", "forget metasets, and delete what nothing refers to any more", true);
  auto options = std::make_shared<depot::GcOptions>();
  auto since = std::make_shared<std::string>();
  auto compact = std::make_shared<bool>(false), keep_size = std::make_shared<bool>(false);
  command
      ->add_option("--keep-last", options->rules.keep_last, "keep so many of the newest metasets")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, ~std::uint64_t{0}));
  command
      ->add_option("--keep-since", *since,
                   "keep what was the newest metaset then, or later: 30d, 12h, or a UTC time")
      ->type_name("TIME");
  command->add_flag("--keep-tagged", options->rules.keep_tagged,
                    "keep no others than those that are always kept: active, newer, tagged");
  command->add_flag("-n,--dry-run", options->dry_run, "only say what would be done");
  const auto always =
      command->add_flag("--compact", *compact, "make the database as small as it can be");
  command->add_flag("--no-compact", *keep_size, "leave the database as large as it is")
      ->excludes(always);
  command->callback([&globals, options, since, compact, keep_size] {
    if (!since->empty()) options->rules.keep_since = parse_since(*since);
    if (*compact) options->compacting = depot::Compacting::kAlways;
    if (*keep_size) options->compacting = depot::Compacting::kNever;
    run_gc(globals, *options);
  });
}

}  // namespace metaset::app
