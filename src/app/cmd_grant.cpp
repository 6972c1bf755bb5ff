// metaset grant: which identities may do what.
#include <fmt/format.h>

#include "metaset/base/error.h"

#include "cli.h"
#include "text_table.h"

namespace metaset::app {

namespace {

void add(Globals& globals, const store::Grant& grant) {
  const auto repository = open_for_writing(globals);
  const std::uint64_t number =
      store::AccessControl(repository->staging()).add_grant(grant, local_actor());
  print(fmt::format("added grant {}\n", number));
}

void list_grant(Globals& globals) {
  const auto repository = open_for_writing(globals);
  const auto grants = store::AccessControl(repository->staging()).grants();
  rapidjson::Document json(rapidjson::kArrayType);
  auto& allocator = json.GetAllocator();
  Table table{{"ID", "IDENTITY", "RIGHTS", "PUBLISHER", "AREA", "CREATED", "BY"}};
  for (const store::Grant& grant : grants) {
    const std::string rights = store::rights_text(grant.rights);
    table.push_back({std::to_string(grant.number), grant.identity, rights, grant.publisher,
                     grant.area, for_people(grant.created), grant.who});
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("id", grant.number, allocator);
    item.AddMember("identity", json_text(grant.identity, json), allocator);
    item.AddMember("rights", json_text(rights, json), allocator);
    item.AddMember("publisher", json_text(grant.publisher, json), allocator);
    item.AddMember("area", json_text(grant.area, json), allocator);
    item.AddMember("created", json_text(for_people(grant.created), json), allocator);
    item.AddMember("who", json_text(grant.who, json), allocator);
    json.PushBack(item, allocator);
  }
  if (globals.json) return print_json(json);
  print(grants.empty() ? "no grants\n" : text_table(table, true));
}

void remove(Globals& globals, std::uint64_t number) {
  const auto repository = open_for_writing(globals);
  if (!store::AccessControl(repository->staging()).remove_grant(number, local_actor())) {
    throw Error(Code::kNotFound, fmt::format("there is no grant {} (metaset grant list)", number));
  }
  print(fmt::format("removed grant {}\n", number));
}

void define_add(CLI::App& command, Globals& globals) {
  CLI::App* one = add_command(command, globals, "add", "give rights to identities", false);
  auto grant = std::make_shared<store::Grant>();
  auto rights = std::make_shared<std::string>();
  one->add_option("identity", grant->identity,
                  "pattern: cert:SUBJECT, fingerprint:HEX, user:NAME, token:NAME, anonymous, *")
      ->required();
  one->add_option("rights", *rights,
                  "publish, commit, activate, remove, admin, preview; separated by commas")
      ->required();
  one->add_option("-p,--publisher", grant->publisher, "pattern; default: *");
  one->add_option("-a,--area", grant->area, "pattern of staging areas; default: *");
  one->callback([&globals, grant, rights] {
    grant->rights = store::parse_rights(*rights);
    add(globals, *grant);
  });
}

}  // namespace

void define_grant(CLI::App& app, Globals& globals) {
  CLI::App* command = app.add_subcommand("grant", "add, list or remove rights of identities");
  command->require_subcommand(1);
  define_add(*command, globals);
  CLI::App* one = add_command(*command, globals, "list", "list the grants", true);
  one->callback([&globals] { list_grant(globals); });
  one = add_command(*command, globals, "remove", "take a grant back", false);
  auto number = std::make_shared<std::uint64_t>(0);
  one->add_option("id", *number, "its number in the list")->required();
  one->callback([&globals, number] { remove(globals, *number); });
}

}  // namespace metaset::app
