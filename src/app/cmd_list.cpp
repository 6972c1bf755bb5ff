#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/base/hash.h"
#include "metaset/depot/list.h"

#include "cli.h"
#include "open_view.h"
#include "text_table.h"

namespace metaset::app {

namespace {

struct ListOptions {
  depot::ListQuery query;
  std::string metaset;
  bool latest = false, without_header = false;
};

// Versions of a name follow each other, the newest one first.
void keep_latest(std::vector<depot::ListedPackage>& packages) {
  const auto same = [](const depot::ListedPackage& a, const depot::ListedPackage& b) {
    return a.publisher == b.publisher && a.name == b.name;
  };
  packages.erase(std::unique(packages.begin(), packages.end(), same), packages.end());
}

const char* state_of(const depot::ListedPackage& package) {
  if (package.obsolete) return "o";
  return package.renamed ? "r" : "";
}

std::string as_table_list(const std::vector<depot::ListedPackage>& packages, bool header) {
  Table table{{"PUBLISHER", "NAME", "O", "VERSION"}};
  for (const depot::ListedPackage& package : packages) {
    table.push_back({package.publisher, package.name, state_of(package), package.version.text()});
  }
  return text_table(table, header);
}

rapidjson::Value as_json_list(const depot::ListedPackage& package, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  const std::string version = package.version.text();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("publisher", json_text(package.publisher, json), allocator);
  item.AddMember("name", json_text(package.name, json), allocator);
  item.AddMember("version", json_text(version, json), allocator);
  item.AddMember("fmri",
                 json_text("pkg://" + package.publisher + "/" + package.name + "@" + version, json),
                 allocator);
  item.AddMember("obsolete", package.obsolete, allocator);
  item.AddMember("renamed", package.renamed, allocator);
  item.AddMember("manifest-sha1", json_text(to_hex(package.manifest), json), allocator);
  return item;
}

// After the rest was shown: what was asked for and is not there.
void refuse_missing(const depot::ListResult& result) {
  if (!result.unknown_publishers.empty()) {
    throw Error(Code::kNotFound,
                fmt::format("unknown publisher: {}", fmt::join(result.unknown_publishers, ", ")));
  }
  if (!result.unmatched_patterns.empty()) {
    throw Error(Code::kNotFound,
                fmt::format("no package matches {}", fmt::join(result.unmatched_patterns, ", ")));
  }
}

void run_list(Globals& globals, const ListOptions& options) {
  const OpenView open(globals, options.metaset);
  depot::ListResult result =
      depot::list_packages(open.view(), depot::Publishers::load(open.view()), options.query);
  if (options.latest) keep_latest(result.packages);
  if (globals.json) {
    rapidjson::Document json(rapidjson::kArrayType);
    for (const auto& package : result.packages) {
      json.PushBack(as_json_list(package, json), json.GetAllocator());
    }
    print_json(json);
  } else if (!result.packages.empty()) {
    print(as_table_list(result.packages, !options.without_header));
  }
  const bool all_failed = result.packages.empty();
  if (!all_failed && (!result.unmatched_patterns.empty() || !result.unknown_publishers.empty())) {
    globals.exit_code = kPartial;
  }
  refuse_missing(result);
}

}  // namespace

void define_list(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "list", "list package versions", true);
  auto options = std::make_shared<ListOptions>();
  command->add_option("-p,--publisher", options->query.publishers, "only of this publisher")
      ->type_name("PUBLISHER")
      ->allow_extra_args(false);
  command->add_option("--metaset", options->metaset, "as of this metaset, not of the active one")
      ->type_name("METASET");
  command->add_flag("-n,--latest", options->latest, "only the newest version of each package");
  command->add_flag("-H,--no-header", options->without_header, "without the line of headings");
  command->add_option("pattern", options->query.patterns,
                      "names as pkg(1) takes them, with * and ?");
  command->callback([&globals, options] { run_list(globals, *options); });
}

}  // namespace metaset::app
