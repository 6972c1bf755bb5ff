#include <fmt/format.h>
#include <unistd.h>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/depot/publish.h"
#include "metaset/ips/manifest.h"

#include "cli.h"

namespace metaset::app {

namespace {

struct Source {
  std::string name, text;
  bool names_package = false;
};

std::vector<Source> read_sources(const std::vector<std::string>& files) {
  std::vector<Source> sources;
  for (const std::string& file : files) {
    Source source{file, {}, false};
    if (file == "-") {
      source.name = "standard input";
      source.text = read_all(STDIN_FILENO, source.name, ips::kMaxManifestText);
    } else {
      source.text = read_file(file, ips::kMaxManifestText);
    }
    try {
      source.names_package = !ips::summarize(source.text).fmri.name.empty();
    } catch (Error& error) {
      throw error.during("reading " + source.name);
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

// As pkgsend does, files are the parts of one manifest; but when each of them names a package, each
// is a package.
std::vector<Source> packages_of(std::vector<Source> sources) {
  std::size_t named = 0;
  for (const Source& source : sources) named += source.names_package ? 1 : 0;
  if (named == sources.size()) return sources;
  if (named != 1) {
    throw Error(Code::kInvalid,
                fmt::format("{} of {} manifests set pkg.fmri: either one of them (they "
                            "are one package) or each has to",
                            named, sources.size()));
  }
  Source all = std::move(sources.front());
  for (std::size_t i = 1; i < sources.size(); ++i) {
    if (!all.text.empty() && all.text.back() != '\n') all.text.push_back('\n');
    all.text += sources[i].text;
    all.name += " + " + sources[i].name;
  }
  return {std::move(all)};
}

// -d names the repository in every other command and prototype directories in pkgsend: here the
// directory that is a repository is the repository.
std::string take_repository(const std::string& given, std::vector<std::string>& directories) {
  std::string repository = given;
  std::vector<std::string> prototypes;
  for (const std::string& directory : directories) {
    if (!store::Repository::is_repository(directory)) {
      prototypes.push_back(directory);
    } else if (repository.empty()) {
      repository = directory;
    } else {
      throw Error(Code::kUsage, "two repositories: " + repository + " and " + directory);
    }
  }
  directories = std::move(prototypes);
  return repository;
}

// Stages one package; tells the user, or `json`.
Deed publish(const Globals& globals, store::Repository& repository, const Source& source,
             const depot::PublishOptions& options, rapidjson::Document& json) {
  const depot::Published done =
      depot::publish_package(repository, source.text, source.name, options);
  Deed deed{"publish", fmt::format("{} in {}", done.fmri.text(), options.area)};
  for (const std::string& warning : done.warnings) {
    std::fprintf(stderr, "metaset: publish: warning: %s\n", warning.c_str());
  }
  if (!globals.json) {
    print(fmt::format("staged {} ({} payloads, {})\n", done.fmri.text(), done.payloads,
                      human_size(done.bytes)));
    return deed;
  }
  auto& allocator = json.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("fmri", json_text(done.fmri.text(), json), allocator);
  item.AddMember("area", json_text(options.area, json), allocator);
  item.AddMember("payloads", done.payloads, allocator);
  item.AddMember("bytes", done.bytes, allocator);
  json.PushBack(item, allocator);
  return deed;
}

void run_publish(Globals& globals, const std::vector<std::string>& files,
                 depot::PublishOptions options) {
  const std::vector<Source> packages = packages_of(read_sources(files));
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  options.who = identity();
  rapidjson::Document json(rapidjson::kArrayType);
  std::vector<Deed> deeds;
  for (const Source& source : packages) {
    try {
      deeds.push_back(publish(globals, repository, source, options, json));
    } catch (const std::exception&) {
      // The ones before it are staged.
      note_in_audit(repository, deeds);
      if (globals.json) print_json(json);
      if (&source != &packages.front()) globals.exit_code = kPartial;
      throw;
    }
  }
  note_in_audit(repository, deeds);
  if (globals.json) print_json(json);
}

}  // namespace

void define_publish(CLI::App& app, Globals& globals) {
  CLI::App* command =
      app.add_subcommand("publish", "put packages into a staging area, as pkgsend publish does");
  auto files = std::make_shared<std::vector<std::string>>();
  auto options = std::make_shared<depot::PublishOptions>();
  auto repository = std::make_shared<std::string>();
  command->add_option("-s,--repository", *repository, "the repository (METASET_ROOT)")
      ->type_name("DIRECTORY");
  command
      ->add_option("-d,--proto", options->prototypes,
                   "directory with payloads; a repository is taken for -s")
      ->type_name("DIRECTORY")
      ->take_all();
  command->add_option("-a,--area", options->area, "staging area (default: default)")
      ->type_name("AREA");
  command->add_flag("--keep-timestamp", options->keep_timestamp,
                    "use the timestamp of pkg.fmri, not the time of day");
  command->add_flag("--json", globals.json, "print JSON for programs");
  command->add_option("manifest", *files, "manifest files; - is standard input")->required();
  command->callback([&globals, files, options, repository] {
    globals.repository = take_repository(*repository, options->prototypes);
    run_publish(globals, *files, *options);
  });
}

}  // namespace metaset::app
