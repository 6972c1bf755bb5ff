// metaset token: secrets that prove a name to the publish endpoint.
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "metaset/base/error.h"

#include "cli.h"
#include "text_table.h"

namespace metaset::app {

namespace {

constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60 * 1'000'000;  // microseconds
constexpr std::int64_t kMaxDays = 36'500;

// A number of days from now, a day (its first moment in UTC), or a time as FMRIs have it.
Time parse_expiry(const std::string& text) {
  std::int64_t days = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (error == std::errc() && end == text.data() + text.size() && days > 0 && days <= kMaxDays) {
    return {now().micros + days * kDay};
  }
  std::string timestamp = text;
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    timestamp = text.substr(0, 4) + text.substr(5, 2) + text.substr(8) + "T000000Z";
  }
  if (const auto time = parse_basic_timestamp(timestamp)) return *time;
  throw Error(Code::kUsage, fmt::format("--expires: '{}' is not a number of days up to {}, nor "
                                        "YYYY-MM-DD, nor YYYYMMDDTHHMMSSZ",
                                        text, kMaxDays));
}

void create(Globals& globals, const std::string& name, const std::string& expires) {
  std::optional<Time> end;
  if (!expires.empty()) end = parse_expiry(expires);
  const auto repository = open_for_writing(globals);
  const std::string token =
      store::AccessControl(repository->staging()).create_token(name, end, local_actor());
  if (globals.json) {
    rapidjson::Document json(rapidjson::kObjectType);
    json.AddMember("name", json_text(name, json), json.GetAllocator());
    json.AddMember("token", json_text(token, json), json.GetAllocator());
    print_json(json);
    return;
  }
  // Alone on standard output, for scripts.
  print(token + "\n");
  std::fputs("This is shown only once. metaset grant add gives it rights.\n", stderr);
}

std::string or_never(const std::optional<Time>& time) { return time ? for_people(*time) : "never"; }

void list_token(Globals& globals) {
  const auto repository = open_for_writing(globals);
  const auto tokens = store::AccessControl(repository->staging()).tokens();
  rapidjson::Document json(rapidjson::kArrayType);
  auto& allocator = json.GetAllocator();
  Table table{{"NAME", "ID", "CREATED", "BY", "EXPIRES", "LAST USED"}};
  for (const store::Token& token : tokens) {
    table.push_back({token.name, token.id, for_people(token.created), token.who,
                     or_never(token.expires), or_never(token.last_used)});
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("name", json_text(token.name, json), allocator);
    item.AddMember("id", json_text(token.id, json), allocator);
    item.AddMember("created", json_text(for_people(token.created), json), allocator);
    item.AddMember("who", json_text(token.who, json), allocator);
    if (token.expires) {
      item.AddMember("expires", json_text(for_people(*token.expires), json), allocator);
    }
    if (token.last_used) {
      item.AddMember("last-used", json_text(for_people(*token.last_used), json), allocator);
    }
    json.PushBack(item, allocator);
  }
  if (globals.json) return print_json(json);
  print(tokens.empty() ? "no tokens\n" : text_table(table, true));
}

void revoke(Globals& globals, const std::string& name) {
  const auto repository = open_for_writing(globals);
  if (!store::AccessControl(repository->staging()).revoke_token(name, local_actor())) {
    throw Error(Code::kNotFound, "there is no token '" + name + "' (metaset token list)");
  }
  print("revoked token " + name + "\n");
}

}  // namespace

void define_token(CLI::App& app, Globals& globals) {
  CLI::App* command = app.add_subcommand("token", "make, list or revoke tokens for publishing");
  command->require_subcommand(1);
  auto name = std::make_shared<std::string>();
  auto expires = std::make_shared<std::string>();
  CLI::App* one = add_command(*command, globals, "create", "make a token and print it once", true);
  one->add_option("name", *name, "its name: grants are for token:NAME")->required();
  one->add_option("--expires", *expires, "days from now, or a day in UTC; default: never")
      ->type_name("DAYS|DATE");
  one->callback([&globals, name, expires] { create(globals, *name, *expires); });
  one = add_command(*command, globals, "list", "list the tokens", true);
  one->callback([&globals] { list_token(globals); });
  one = add_command(*command, globals, "revoke", "make a token worthless at once", false);
  one->add_option("name", *name, "its name")->required();
  one->callback([&globals, name] { revoke(globals, *name); });
}

}  // namespace metaset::app
