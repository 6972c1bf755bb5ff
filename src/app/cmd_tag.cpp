// metaset tag, metaset untag: names for metasets.
#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/audited.h"
#include "metaset/store/tags.h"

#include "cli.h"

namespace metaset::app {

namespace {

struct TagOptions {
  std::string metaset, name;
  bool move = false;
};

void show_tags(Globals& globals) {
  const store::Repository repository(globals.root(), store::Access::kRead);
  const lmdb::ReadTxn txn(repository.committed());
  rapidjson::Document json(rapidjson::kArrayType);
  std::string text;
  for (const store::Tag& tag : store::list_tags(repository.committed(), txn)) {
    if (globals.json) {
      json.PushBack(depot::tag_json(tag, json), json.GetAllocator());
    } else {
      text += fmt::format("{:<24} {:>6}  {}  {}\n", tag.name, tag.record.number,
                          for_people(tag.record.time), tag.record.who);
    }
  }
  globals.json ? print_json(json) : print(text);
}

void run_tag(Globals& globals, const TagOptions& options) {
  if (options.metaset.empty()) return show_tags(globals);
  if (options.name.empty()) {
    throw Error(Code::kUsage, "a tag has to be named: metaset tag METASET NAME");
  }
  const auto opened = open_for_writing(globals);
  const auto number = store::require_metaset(*opened, options.metaset);
  const auto before =
      depot::tag_metaset(*opened, local_actor(), {options.name, number, identity(), options.move});
  if (before == number) globals.exit_code = kNothing;
  if (globals.json) return;
  print(before == number ? fmt::format("metaset {} has the tag {} already\n", number, options.name)
        : before         ? fmt::format("metaset {} has the tag {}, before it was {}\n", number,
                                       options.name, *before)
                         : fmt::format("metaset {} has the tag {}\n", number, options.name));
}

void run_untag(Globals& globals, const std::string& name) {
  const auto opened = open_for_writing(globals);
  const auto number = depot::untag_metaset(*opened, local_actor(), name);
  print(fmt::format("metaset {} has the tag {} no longer\n", number, name));
}

}  // namespace

void define_tag(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "tag", "give a metaset a name; alone: list the names", true);
  auto options = std::make_shared<TagOptions>();
  command->add_option("metaset", options->metaset, "number, tag or time of the metaset");
  command->add_option("name", options->name, "a letter, then letters, digits, '.', '_', '-'");
  command->add_flag("--move", options->move, "also if another metaset has the name");
  command->callback([&globals, options] { run_tag(globals, *options); });
}

void define_untag(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "untag", "take a name from a metaset", false);
  auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "the tag")->required();
  command->callback([&globals, name] { run_untag(globals, *name); });
}

}  // namespace metaset::app
