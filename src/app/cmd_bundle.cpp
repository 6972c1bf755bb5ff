// metaset bundle: metasets in one file, for a site without a network.
#include <fmt/format.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/bundle.h"
#include "metaset/store/tags.h"

#include "cli.h"
#include "progress.h"

namespace metaset::app {

namespace {

constexpr const char* kStandardOutput = "-";

struct BundleCommand {
  std::vector<std::string> arguments;  // [FROM] TO FILE
  bool full = false, no_payloads = false, allow_missing = false;
};

void write_to(const std::string& file,
              const std::function<void(depot::BundleResult&,
                                       const std::function<void(std::string_view)>&)>& write,
              depot::BundleResult& result) {
  if (file == kStandardOutput) {
    write(result,
          [](std::string_view bytes) { write_all(STDOUT_FILENO, bytes, "standard output"); });
    return;
  }
  const std::size_t slash = file.rfind('/');
  AtomicFile out(slash == std::string::npos ? "." : file.substr(0, slash + 1), file);
  write(result, [&out](std::string_view bytes) { out.write(bytes); });
  out.commit(true);
}

std::string bundle_text(const depot::BundleOptions& options, const depot::BundleResult& result,
                        const std::string& file) {
  return fmt::format(
      "metasets {} to {}, {} manifests, {} payloads {}({}), {} statements, {} tags\n"
      "{} has {}\n",
      options.from + 1, options.to, result.manifests, result.payloads,
      options.payloads ? "" : "listed ", human_size(result.payload_bytes), result.statements,
      result.tags, file, human_size(result.bytes));
}

void show_json_bundle(const depot::BundleOptions& options, const depot::BundleResult& result) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("from", options.from, allocator);
  json.AddMember("to", options.to, allocator);
  json.AddMember("metasets", result.metasets, allocator);
  json.AddMember("manifests", result.manifests, allocator);
  json.AddMember("payloads", result.payloads, allocator);
  json.AddMember("payload-bytes", result.payload_bytes, allocator);
  json.AddMember("payloads-included", options.payloads, allocator);
  json.AddMember("statements", result.statements, allocator);
  json.AddMember("tags", result.tags, allocator);
  json.AddMember("bytes", result.bytes, allocator);
  rapidjson::Value missing(rapidjson::kArrayType);
  for (const std::string& payload : result.missing) {
    missing.PushBack(json_text(payload, json), allocator);
  }
  json.AddMember("missing", missing, allocator);
  print_json(json);
}

depot::BundleOptions options_of(const store::Repository& repository, const BundleCommand& command) {
  depot::BundleOptions options;
  const std::size_t to = command.full ? 0 : 1;
  if (command.arguments.size() != to + 2) {
    throw Error(Code::kUsage, command.full ? "with --full: metaset bundle --full TO FILE"
                                           : "metaset bundle FROM TO FILE, or --full TO FILE");
  }
  const std::string& from = command.arguments.front();
  if (!command.full && from != "0") {
    // One that was collected here is still where the receiver is.
    const lmdb::ReadTxn txn(repository.committed());
    options.from = store::require_record(repository.committed(), txn, from);
  }
  options.to = store::require_metaset(repository, command.arguments[to]);
  options.payloads = !command.no_payloads;
  options.allow_missing_payloads = command.allow_missing;
  return options;
}

void run_bundle(Globals& globals, const BundleCommand& command) {
  store::Repository repository(globals.root(), store::Access::kRead);
  const depot::BundleOptions options = options_of(repository, command);
  const std::string& file = command.arguments.back();
  if (file == kStandardOutput && globals.json) {
    throw Error(Code::kUsage, "--json is printed where the bundle would go: name a file");
  }
  depot::BundleResult result;
  {
    Progress progress;
    const ProgressCallback show = progress.callback();
    write_to(
        file,
        [&](depot::BundleResult& written, const std::function<void(std::string_view)>& sink) {
          depot::write_bundle(repository, options, sink, show, written);
        },
        result);
  }
  for (const std::string& payload : result.missing) {
    std::fprintf(stderr, "missing payload %s\n", payload.c_str());
  }
  if (!result.missing.empty()) globals.exit_code = kPartial;
  if (globals.json) return show_json_bundle(options, result);
  const std::string text = bundle_text(options, result, file);
  file == kStandardOutput ? static_cast<void>(std::fputs(text.c_str(), stderr)) : print(text);
}

}  // namespace

void define_bundle(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "bundle",
                                  "write metasets into a file, for another repository", true);
  auto options = std::make_shared<BundleCommand>();
  command
      ->add_option("arguments", options->arguments,
                   "FROM, the metaset that the receiver has (0: none); TO, the last one of the "
                   "bundle; FILE (-: standard output)")
      ->type_name("[FROM] TO FILE")
      ->required()
      ->expected(2, 3);
  command->add_flag("--full", options->full, "from the beginning; FROM is left out");
  command->add_flag("--no-payloads", options->no_payloads, "only a list of the payloads");
  command->add_flag("--allow-missing-payloads", options->allow_missing,
                    "list payloads that are not there, leave them out");
  command->callback([&globals, options] { run_bundle(globals, *options); });
}

}  // namespace metaset::app
