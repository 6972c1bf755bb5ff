// metaset log, metaset show: what happened.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "metaset/base/error.h"
#include "metaset/store/active.h"
#include "metaset/store/added_sizes.h"
#include "metaset/store/collected.h"

#include "cli.h"
#include "metaset_text.h"
#include "open_view.h"

namespace metaset::app {

namespace {

constexpr std::size_t kLinesPrintedAtOnce = 64 << 10;

// "[r1 r2] "; nothing if there are none.
std::string tags_in_brackets(const store::TagsByMetaset& tags, store::MetasetNumber number) {
  const auto place = tags.find(number);
  return place == tags.end() ? std::string() : fmt::format("[{}] ", fmt::join(place->second, " "));
}

// "41 packages", "1 package"
std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// "  +312.4 MB  41 packages": payloads and manifests together.
std::string sizes_column(const store::MetasetSizes& sizes) {
  const std::string added =
      sizes.added ? "+" + human_size(sizes.added->payloads + sizes.added->manifests) : "-";
  return fmt::format("  {:>10}  {:<13}", added, counted(sizes.packages, "package"));
}

void add_sizes_json(const store::MetasetSizes& sizes, rapidjson::Value& item,
                    rapidjson::Document& json) {
  auto& allocator = json.GetAllocator();
  item.AddMember("changed-packages", sizes.packages, allocator);
  if (!sizes.added) return;
  rapidjson::Value added(rapidjson::kObjectType);
  added.AddMember("payloads", sizes.added->payload_count, allocator);
  added.AddMember("payload-bytes", sizes.added->payloads, allocator);
  added.AddMember("manifest-bytes", sizes.added->manifests, allocator);
  item.AddMember("added", added, allocator);
}

struct LogOptions {
  std::uint64_t limit = ~std::uint64_t{0};
  bool sizes = false;
};

void log(Globals& globals, const LogOptions& options) {
  const store::Repository repository(globals.root(), store::Access::kRead);
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const auto active = store::View::active_number(env, txn);
  const auto scheduled = store::pending_schedule(env, txn);
  rapidjson::Document json(rapidjson::kArrayType);
  std::string text;
  const store::TagsByMetaset tags = store::tags_by_metaset(env, txn);
  const auto collected = store::CollectedMetasets::load(env, txn);
  const auto mark_of = [&](store::MetasetNumber number) {
    if (number == active) return '*';
    if (scheduled && number == scheduled->number) return '>';
    return collected.has(number) ? '-' : ' ';
  };
  lmdb::Cursor cursor(txn, env.table(store::kMetasets));
  std::uint64_t left = options.limit;
  for (bool more = cursor.last(); more && left > 0; more = cursor.previous(), --left) {
    const auto record = store::MetasetRecord::decode(cursor.value());
    const store::View view(env, txn, record.number);
    std::optional<store::MetasetSizes> sizes;
    if (options.sizes) sizes = store::metaset_sizes(view);
    if (globals.json) {
      rapidjson::Value item = metaset_json(view, record, tags, json);
      if (scheduled && record.number == scheduled->number) {
        item.AddMember("active-at", json_text(basic_timestamp(scheduled->at), json),
                       json.GetAllocator());
      }
      if (sizes) add_sizes_json(*sizes, item, json);
      json.PushBack(item, json.GetAllocator());
      continue;
    }
    text += fmt::format("{} {:>6}  {}  {:<14}{}  {:<20}  {}{}\n", mark_of(record.number),
                        record.number, for_people(record.time), change_counts(record),
                        sizes ? sizes_column(*sizes) : "", record.who,
                        tags_in_brackets(tags, record.number), record.message);
    // Sizes take a while: what is known can be read already.
    if (sizes || text.size() >= kLinesPrintedAtOnce) print(std::exchange(text, {}));
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

std::string sizes_text(const store::MetasetSizes& sizes) {
  const std::string changed = "changed   " + counted(sizes.packages, "package") + "\nadded     ";
  if (!sizes.added) return changed + "not known: manifests are not in the repository any more\n";
  return changed + fmt::format("{} in {}, {} in manifests\n", human_size(sizes.added->payloads),
                               counted(sizes.added->payload_count, "payload"),
                               human_size(sizes.added->manifests));
}

struct ShowOptions {
  std::string metaset;
  bool sizes = false;
};

void show_log(Globals& globals, const ShowOptions& options) {
  const OpenView open(globals, options.metaset, store::require_record);
  const store::View& view = open.view();
  const store::MetasetRecord record = view.record();
  std::optional<store::MetasetSizes> sizes;
  if (options.sizes) sizes = store::metaset_sizes(view);
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
    if (sizes) add_sizes_json(*sizes, item, json);
    json.CopyFrom(item, json.GetAllocator());
    print_json(json);
    return;
  }
  std::string text = fmt::format(
      "metaset   {}\nparent    {}\ntime      {}Z\nwho       {}\nmessage   {}\npackages  {} ({} "
      "versions)\ndigest    {}\n",
      record.number, record.parent, iso_timestamp(record.time), record.who, record.message,
      record.packages, record.package_versions, to_hex(record.digest));
  if (sizes) text += sizes_text(*sizes);
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
  auto options = std::make_shared<LogOptions>();
  command->add_option("-n,--limit", options->limit, "at most so many");
  command->add_flag("--sizes", options->sizes, "also how many bytes each of them added");
  command->callback([&globals, options] { log(globals, *options); });
}

void define_show(CLI::App& app, Globals& globals) {
  CLI::App* command = add_command(app, globals, "show", "show one metaset and its changes", true);
  auto options = std::make_shared<ShowOptions>();
  command->add_flag("--sizes", options->sizes, "also how many bytes it added");
  command->add_option("metaset", options->metaset, "number, tag or time of the metaset")
      ->required();
  command->callback([&globals, options] { show_log(globals, *options); });
}

}  // namespace metaset::app
