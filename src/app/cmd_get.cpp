// metaset get, metaset set: properties of the repository and of its publishers.
#include <algorithm>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/properties.h"

#include "cli.h"
#include "open_view.h"
#include "text_table.h"

namespace metaset::app {

namespace {

struct Selection {
  std::vector<std::string> publishers;  // empty: properties of the repository
  std::vector<std::string> names;       // "section/name"; empty: all
  bool without_header = false;
};

rapidjson::Value value_json(const depot::PropertyValue& value, rapidjson::Document& json) {
  if (const auto* flag = std::get_if<bool>(&value)) return rapidjson::Value(*flag);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return rapidjson::Value(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return json_text(*text, json);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    rapidjson::Value array(rapidjson::kArrayType);
    for (const std::string& item : *list)
      array.PushBack(json_text(item, json), json.GetAllocator());
    return array;
  }
  return {};
}

// The properties of one publisher, or of the repository, as rows and as JSON.
class Listing {
 public:
  Listing(rapidjson::Document& json, bool of_publishers) : json_(json), named_(of_publishers) {
    json_.SetArray();
    table_.push_back({"SECTION", "PROPERTY", "VALUE"});
    if (named_) table_.front().insert(table_.front().begin(), "PUBLISHER");
  }

  void add(const std::string& publisher, const depot::Property& property) {
    std::vector<std::string> row{property.section, property.name,
                                 depot::property_text(property.value)};
    rapidjson::Value item(rapidjson::kObjectType);
    if (named_) {
      row.insert(row.begin(), publisher);
      item.AddMember("publisher", json_text(publisher, json_), json_.GetAllocator());
    }
    item.AddMember("section", json_text(property.section, json_), json_.GetAllocator());
    item.AddMember("property", json_text(property.name, json_), json_.GetAllocator());
    item.AddMember("value", value_json(property.value, json_), json_.GetAllocator());
    json_.PushBack(item, json_.GetAllocator());
    table_.push_back(std::move(row));
  }

  std::string text(bool header) const { return text_table(table_, header); }

 private:
  rapidjson::Document& json_;
  bool named_;
  Table table_;
};

// Adds what was asked for; names that are no property go to `unknown`.
void choose_get(const std::vector<depot::Property>& properties, const std::string& publisher,
                const Selection& selection, Listing& listing, std::vector<std::string>& unknown) {
  if (selection.names.empty()) {
    for (const depot::Property& property : properties) listing.add(publisher, property);
  }
  for (const std::string& name : selection.names) {
    const depot::Property* property = depot::find_property(properties, name);
    if (property != nullptr) {
      listing.add(publisher, *property);
    } else if (std::ranges::find(unknown, name) == unknown.end()) {
      unknown.push_back(name);
    }
  }
}

void refuse_unknown(const store::View& view, const std::vector<std::string>& publishers) {
  for (const std::string& prefix : publishers) {
    if (prefix != "all" && !view.publisher(prefix)) {
      throw Error(Code::kNotFound, "unknown publisher '" + prefix + "'");
    }
  }
}

void get(Globals& globals, const Selection& selection) {
  const OpenView open(globals, "");
  refuse_unknown(open.view(), selection.publishers);
  rapidjson::Document json;
  Listing listing(json, !selection.publishers.empty());
  std::vector<std::string> unknown;
  if (selection.publishers.empty()) {
    choose_get(depot::repository_properties(open.view()), {}, selection, listing, unknown);
  } else {
    for (const auto& one : depot::publisher_properties(open.view(), selection.publishers)) {
      choose_get(one.properties, one.publisher, selection, listing, unknown);
    }
  }
  if (globals.json) {
    print_json(json);
  } else if (listing.text(false) != "") {
    print(listing.text(!selection.without_header));
  }
  if (!unknown.empty()) {
    throw Error(Code::kNotFound, fmt::format("no such property: {}", fmt::join(unknown, ", ")));
  }
}

void set(Globals& globals, const Selection& selection, const std::string& message) {
  const auto assignments = depot::parse_assignments(selection.names);
  const auto repository = open_for_writing(globals);
  store::MetasetWriter::Options options{identity(), message, std::nullopt, true};
  if (options.message.empty()) {
    options.message = fmt::format("set {}", fmt::join(selection.names, " "));
  }
  const auto record = selection.publishers.empty()
                          ? depot::set_repository_properties(*repository, assignments, options)
                          : depot::set_publisher_properties(*repository, selection.publishers,
                                                            assignments, options);
  if (!record) {
    globals.exit_code = kNothing;
    print("nothing to change\n");
    return;
  }
  note_in_audit(*repository, {{"commit", fmt::format("metaset {}", record->number)}});
  print(fmt::format("metaset {} is active\n", record->number));
}

}  // namespace

void define_get(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "get", "show properties of the repository or of publishers", true);
  auto selection = std::make_shared<Selection>();
  command
      ->add_option("-p,--publisher", selection->publishers,
                   "properties of this publisher instead (\"all\": of each)")
      ->type_name("PUBLISHER")
      ->allow_extra_args(false);
  command->add_flag("-H,--no-header", selection->without_header, "without the line of headings");
  command->add_option("property", selection->names, "SECTION/PROPERTY; all if none is given");
  command->callback([&globals, selection] { get(globals, *selection); });
}

void define_set(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "set",
                                  "change properties of the repository or of publishers", false);
  auto selection = std::make_shared<Selection>();
  auto message = std::make_shared<std::string>();
  command
      ->add_option("-p,--publisher", selection->publishers,
                   "properties of this publisher instead (\"all\": of each)")
      ->type_name("PUBLISHER")
      ->allow_extra_args(false);
  command->add_option("-m,--message", *message, "what the metaset's record says");
  command->add_option("assignment", selection->names, "SECTION/PROPERTY=VALUE or =(VALUE ...)")
      ->required();
  command->callback([&globals, selection, message] { set(globals, *selection, *message); });
}

}  // namespace metaset::app
