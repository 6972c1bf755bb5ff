// metaset log, metaset show: what happened.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "metaset/base/error.h"
#include "metaset/store/collected.h"

#include "cli.h"
#include "metaset_text.h"
#include "open_view.h"

namespace metaset::app {

namespace {

// "[r1 r2] "; nothing if there are none.
std::string tags_in_brackets(const store::TagsByMetaset& tags, store::MetasetNumber number) {
  const auto place = tags.find(number);
  return place == tags.end() ? std::string() : fmt::format("[{}] ", fmt::join(place->second, " "));
}

void log(Globals& globals, std::uint64_t limit) {
  const store::Repository repository(globals.root(), store::Access::kRead);
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const auto active = store::View::active_number(env, txn);
  rapidjson::Document json(rapidjson::kArrayType);
  std::string text;
  const store::TagsByMetaset tags = store::tags_by_metaset(env, txn);
  const auto collected = store::CollectedMetasets::load(env, txn);
  lmdb::Cursor cursor(txn, env.table(store::kMetasets));
  for (bool more = cursor.last(); more && limit > 0; more = cursor.previous(), --limit) {
    const auto record = store::MetasetRecord::decode(cursor.value());
    const store::View view(env, txn, record.number);
    if (globals.json) {
      json.PushBack(metaset_json(view, record, tags, json), json.GetAllocator());
    } else {
      text += fmt::format("{} {:>6}  {}  {:<14}  {:<20}  {}{}\n",
                          record.number == active        ? '*'
                          : collected.has(record.number) ? '-'
                                                         : ' ',
                          record.number, for_people(record.time), change_counts(record), record.who,
                          tags_in_brackets(tags, record.number), record.message);
    }
  }
  globals.json ? print_json(json) : print(text);
}

// Calls visit(publisher, operation) for each operation of a metaset.
template <typename Visit>
void for_each_operation(const store::View& view, const store::MetasetRecord& record,
                        const Visit& visit) {
  for (const store::PublisherChange& change : record.publishers) {
    lmdb::Cursor cursor(view.txn(), view.env().table(store::kOperations));
    const std::uint64_t end = view.state(change.publisher).next_sequence;
    const std::uint64_t count = change.added + change.removed;
    bool more = cursor.seek(store::pair_key(change.publisher, end - std::min(end, count)));
    for (; more && store::read_u32(cursor.key()) == change.publisher &&
           store::read_u64(cursor.key()) < end;
         more = cursor.next()) {
      const auto operation = store::OperationRecord::decode(cursor.value());
      if (operation.metaset == record.number) visit(view.prefix_of(change.publisher), operation);
    }
  }
}

std::string fmri_of(const std::string& publisher, const store::OperationRecord& operation) {
  return "pkg://" + publisher + "/" + operation.name + "@" + operation.version;
}

void show_log(Globals& globals, const std::string& metaset) {
  const OpenView open(globals, metaset, store::require_record);
  const store::View& view = open.view();
  const store::MetasetRecord record = view.record();
  if (globals.json) {
    rapidjson::Document json;
    rapidjson::Value item = metaset_json(view, record, json);
    rapidjson::Value operations(rapidjson::kArrayType);
    for_each_operation(view, record, [&](const std::string& publisher, const auto& operation) {
      rapidjson::Value one(rapidjson::kObjectType);
      one.AddMember("operation", json_text(operation.add ? "add" : "remove", json),
                    json.GetAllocator());
      one.AddMember("fmri", json_text(fmri_of(publisher, operation), json), json.GetAllocator());
      one.AddMember("time", json_text(iso_timestamp(operation.time) + "Z", json),
                    json.GetAllocator());
      operations.PushBack(one, json.GetAllocator());
    });
    item.AddMember("operations", operations, json.GetAllocator());
    json.CopyFrom(item, json.GetAllocator());
    print_json(json);
    return;
  }
  std::string text = fmt::format(
      "metaset   {}\nparent    {}\ntime      {}Z\nwho       {}\nmessage   {}\npackages  {} ({} "
      "versions)\ndigest    {}\n",
      record.number, record.parent, iso_timestamp(record.time), record.who, record.message,
      record.packages, record.package_versions, to_hex(record.digest));
  const auto tags = store::tags_of(view.env(), view.txn(), record.number);
  if (store::is_collected(view.env(), view.txn(), record.number)) {
    text += "collected; its content cannot be seen any more\n";
  }
  if (!tags.empty()) text += fmt::format("tags      {}\n", fmt::join(tags, " "));
  for_each_operation(view, record, [&](const std::string& publisher, const auto& operation) {
    text += (operation.add ? "+ " : "- ") + fmri_of(publisher, operation) + "\n";
  });
  print(text);
}

}  // namespace

void define_log(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "log", "list the metasets, newest first", true);
  auto limit = std::make_shared<std::uint64_t>(~std::uint64_t{0});
  command->add_option("-n,--limit", *limit, "at most so many");
  command->callback([&globals, limit] { log(globals, *limit); });
}

void define_show(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "show", "show one metaset and its changes", true);
  auto metaset = std::make_shared<std::string>();
  command->add_option("metaset", *metaset, "number, tag or time of the metaset")->required();
  command->callback([&globals, metaset] { show_log(globals, *metaset); });
}

}  // namespace metaset::app
