// metaset contents: what is in a package, as `pkg contents -r` shows it.
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/list.h"
#include "metaset/depot/manifest.h"
#include "metaset/ips/manifest.h"

#include "cli.h"
#include "open_view.h"
#include "text_table.h"

namespace metaset::app {

namespace {

struct ContentsOptions {
  std::vector<std::string> patterns, types, columns;
  std::string metaset;
  bool manifest = false, without_header = false;
};

// The newest version of each package that matches, as pkg(1) chooses.
std::vector<depot::ListedPackage> choose_contents(const store::View& view,
                                                  const depot::Publishers& publishers,
                                                  const ContentsOptions& options) {
  depot::ListResult found = depot::list_packages(view, publishers, {{}, options.patterns});
  if (!found.unmatched_patterns.empty()) {
    throw Error(Code::kNotFound,
                fmt::format("no package matches {}", fmt::join(found.unmatched_patterns, ", ")));
  }
  const auto same = [](const depot::ListedPackage& a, const depot::ListedPackage& b) {
    return a.publisher == b.publisher && a.name == b.name;
  };
  found.packages.erase(std::unique(found.packages.begin(), found.packages.end(), same),
                       found.packages.end());
  return std::move(found.packages);
}

std::string value_of(const ips::Action& action, const std::string& column) {
  if (column == "action.name") return std::string(ips::type_name(action.type()));
  if (column == "action.hash") return action.hash();
  if (column == "action.key") {
    const auto* key = action.value(ips::key_attribute(action.type()));
    return key == nullptr ? std::string() : *key;
  }
  if (column == "action.raw") return action.text();
  const auto* values = action.values(column);
  return values == nullptr ? std::string() : fmt::format("{}", fmt::join(*values, " "));
}

rapidjson::Value as_json_contents(const ips::Action& action, rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  rapidjson::Value item(rapidjson::kObjectType);
  item.AddMember("action", json_text(ips::type_name(action.type()), json), allocator);
  if (!action.hash().empty()) item.AddMember("hash", json_text(action.hash(), json), allocator);
  rapidjson::Value attributes(rapidjson::kObjectType);
  for (const auto& [key, values] : action.attributes()) {
    rapidjson::Value list(rapidjson::kArrayType);
    for (const std::string& value : values) list.PushBack(json_text(value, json), allocator);
    attributes.AddMember(json_text(key, json), list, allocator);
  }
  item.AddMember("attributes", attributes, allocator);
  return item;
}

bool is_wanted(const ips::Action& action, const ContentsOptions& options) {
  return options.types.empty() ||
         std::ranges::find(options.types, ips::type_name(action.type())) != options.types.end();
}

// Rows with something in a column; without repetitions, in order.
void sort_rows(Table& table) {
  const auto begin = table.begin() + 1;
  std::sort(begin, table.end());
  table.erase(std::unique(begin, table.end()), table.end());
}

std::string as_table_contents(const std::vector<std::string>& manifests,
                              const ContentsOptions& options) {
  Table table(1);
  for (std::string column : options.columns) {
    for (char& c : column) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    table.front().push_back(std::move(column));
  }
  for (const std::string& manifest : manifests) {
    ips::for_each_action(manifest, [&](ips::Action&& action, std::size_t) {
      if (!is_wanted(action, options)) return;
      std::vector<std::string> row;
      for (const std::string& column : options.columns) row.push_back(value_of(action, column));
      if (std::ranges::any_of(row, [](const auto& value) { return !value.empty(); })) {
        table.push_back(std::move(row));
      }
    });
  }
  sort_rows(table);
  return table.size() == 1 ? std::string() : text_table(table, !options.without_header);
}

void show_json_contents(const std::vector<depot::ListedPackage>& packages,
                        const std::vector<std::string>& manifests, const ContentsOptions& options) {
  rapidjson::Document json(rapidjson::kArrayType);
  auto& allocator = json.GetAllocator();
  for (std::size_t i = 0; i < packages.size(); ++i) {
    rapidjson::Value actions(rapidjson::kArrayType);
    ips::for_each_action(manifests[i], [&](ips::Action&& action, std::size_t) {
      if (is_wanted(action, options)) actions.PushBack(as_json_contents(action, json), allocator);
    });
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("fmri",
                   json_text("pkg://" + packages[i].publisher + "/" + packages[i].name + "@" +
                                 packages[i].version.text(),
                             json),
                   allocator);
    item.AddMember("actions", actions, allocator);
    json.PushBack(item, allocator);
  }
  print_json(json);
}

void check(const ContentsOptions& options) {
  for (const std::string& type : options.types) {
    if (!ips::type_from_name(type)) {
      throw Error(Code::kUsage, "'" + type + "' is not a type of action");
    }
  }
}

void run_contents(Globals& globals, ContentsOptions options) {
  check(options);
  const OpenView open(globals, options.metaset);
  const auto publishers = depot::Publishers::load(open.view());
  const auto packages = choose_contents(open.view(), publishers, options);
  std::vector<std::string> manifests;
  for (const depot::ListedPackage& package : packages) {
    const ips::Fmri fmri{package.publisher, package.name, package.version};
    manifests.push_back(
        depot::find_manifest(open.view(), publishers, package.publisher, fmri).text());
  }
  if (globals.json) {
    show_json_contents(packages, manifests, options);
  } else if (options.manifest) {
    for (const std::string& manifest : manifests) print(manifest);
  } else {
    if (options.columns.empty()) options.columns = {"path"};
    print(as_table_contents(manifests, options));
  }
}

}  // namespace

void define_contents(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "contents", "show what is in a package", true);
  auto options = std::make_shared<ContentsOptions>();
  command->add_option("--metaset", options->metaset, "as of this metaset, not of the active one")
      ->type_name("METASET");
  command->add_flag("-m,--manifest", options->manifest, "the manifest as it is served");
  command->add_option("-t,--type", options->types, "only actions of these types")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("-o,--output", options->columns,
                   "attributes to show, or action.name, .key, .hash, .raw (default: path)")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("-H,--no-header", options->without_header, "without the line of headings");
  command->add_option("fmri", options->patterns, "packages, as pkg(1) takes them")->required();
  command->callback([&globals, options] { run_contents(globals, *options); });
}

}  // namespace metaset::app
