// metaset unbundle: metasets from a file of `metaset bundle`.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/bundle.h"
#include "metaset/store/layout.h"

#include "cli.h"
#include "progress.h"
#include "trust_option.h"

namespace metaset::app {

namespace {

struct UnbundleCommand {
  std::string file;
  depot::UnbundleOptions unbundling;
  bool no_activate = false;
};

// A bundle is read several times: what comes through a pipe is kept in a file without name, beside
// the payloads.
Fd keep(int pipe, const std::string& root) {
  const std::size_t slash = root.find_last_not_of('/');
  const std::size_t end = slash == std::string::npos ? slash : root.find_last_of('/', slash);
  const std::string parent = end == std::string::npos ? "." : root.substr(0, end + 1);
  if (!store::Repository::is_repository(root)) make_directories(parent);
  AtomicFile file(store::Repository::is_repository(root) ? store::payload_directory(root) : parent,
                  {});
  std::string block(256 << 10, '\0');
  for (;;) {
    const std::size_t got = read_some(pipe, block.data(), block.size(), "standard input");
    if (got == 0) break;
    write_all(file.fd(), std::string_view(block.data(), got), "a copy of the bundle");
  }
  return open_file(file.temporary_path(), O_RDONLY);
}

Fd open_bundle(const std::string& file, const std::string& root) {
  if (file != "-") return open_file(file, O_RDONLY);
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) {
    return Fd(::dup(STDIN_FILENO));
  }
  return keep(STDIN_FILENO, root);
}

void show_json_unbundle(const depot::UnbundleResult& result) {
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("from", result.from, allocator);
  json.AddMember("to", result.to, allocator);
  json.AddMember("created", result.created, allocator);
  json.AddMember("applied", result.applied, allocator);
  json.AddMember("new-manifests", result.manifests, allocator);
  json.AddMember("new-payloads", result.payloads, allocator);
  json.AddMember("payload-bytes", result.payload_bytes, allocator);
  json.AddMember("new-statements", result.statements, allocator);
  json.AddMember("new-tags", result.tags, allocator);
  json.AddMember("active", result.active, allocator);
  rapidjson::Value missing(rapidjson::kArrayType);
  for (const std::string& payload : result.missing) {
    missing.PushBack(json_text(payload, json), allocator);
  }
  json.AddMember("missing", missing, allocator);
  print_json(json);
}

void show_unbundle(const std::string& root, const depot::UnbundleResult& result) {
  std::string text;
  if (result.created) text += "created repository " + root + "\n";
  text += fmt::format(
      "{} of {} metasets are new, with {} manifests, {} payloads ({}), {} statements, {} tags\n",
      result.applied, result.to - result.from, result.manifests, result.payloads,
      human_size(result.payload_bytes), result.statements, result.tags);
  print(text + fmt::format("metaset {} is active\n", result.active));
}

void run_unbundle(Globals& globals, const UnbundleCommand& command) {
  const Fd bundle = open_bundle(command.file, globals.root());
  depot::UnbundleResult result;
  {
    Progress progress;
    depot::unbundle(globals.root(), bundle.get(), command.unbundling, progress.callback(), result);
  }
  for (const std::string& payload : result.missing) {
    std::fprintf(stderr, "missing payload %s\n", payload.c_str());
  }
  if (result.anything()) {
    note_in_audit(
        *open_for_writing(globals),
        {{"unbundle", fmt::format("metasets {} to {}", result.from + 1, result.to),
          fmt::format("ok: {} new, metaset {} is active", result.applied, result.active)}});
  }
  globals.json ? show_json_unbundle(result) : show_unbundle(globals.root(), result);
  if (!result.missing.empty()) {
    globals.exit_code = kPartial;
  } else if (!result.anything()) {
    globals.exit_code = kNothing;
  }
}

}  // namespace

void define_unbundle(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "unbundle", "add the metasets of a bundle", true);
  auto options = std::make_shared<UnbundleCommand>();
  command->add_option("file", options->file, "the bundle (-: standard input)")->required();
  const auto trusted = add_trust_option(
      *command,
      "file with a public key or certificate; one of these must have signed the last metaset");
  command->add_flag("--no-activate", options->no_activate, "leave the active metaset as it is");
  command->add_flag("--allow-missing-payloads", options->unbundling.allow_missing_payloads,
                    "list payloads that are nowhere, take the rest");
  command->callback([&globals, options, trusted] {
    options->unbundling.trusted = read_trusted_keys(*trusted);
    options->unbundling.activate = !options->no_activate;
    options->unbundling.who = identity();
    run_unbundle(globals, *options);
  });
}

}  // namespace metaset::app
