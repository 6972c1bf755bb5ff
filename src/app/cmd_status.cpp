#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/store/active.h"
#include "metaset/store/commit.h"

#include "cli.h"
#include "metaset_text.h"

namespace metaset::app {

namespace {

std::string default_mark(const store::View& view, const std::string& prefix) {
  const auto first = view.default_publisher();
  return first && first->prefix == prefix ? " (default)" : "";
}

// Staging areas are for those only who may write.
std::vector<store::Area> areas_of(store::Repository& repository, store::Access access) {
  if (access == store::Access::kRead) return {};
  store::settle(repository);
  return store::Staging(repository.staging()).areas();
}

// Who may only read is shown what readers see.
std::unique_ptr<store::Repository> open(const Globals& globals, store::Access& access) {
  try {
    access = store::Access::kWrite;
    return std::make_unique<store::Repository>(globals.root(), access);
  } catch (const Error& error) {
    if (error.code() != Code::kDenied) throw;
    access = store::Access::kRead;
    return std::make_unique<store::Repository>(globals.root(), access);
  }
}

void run_status(Globals& globals) {
  auto access = store::Access::kWrite;
  const auto opened = open(globals, access);
  const auto areas = areas_of(*opened, access);
  const store::Repository& repository = *opened;
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const store::View view(env, txn, store::View::active_number(env, txn));
  const auto latest = store::View::latest_number(env, txn);
  const auto statistics = env.statistics();
  rapidjson::Document json(rapidjson::kObjectType);
  auto& allocator = json.GetAllocator();
  json.AddMember("repository", json_text(repository.root(), json), allocator);
  json.AddMember("active", metaset_json(view, view.record(), json), allocator);
  json.AddMember("latest", latest, allocator);
  const auto scheduled = store::pending_schedule(env, txn);
  json.AddMember("scheduled", depot::schedule_json(scheduled, json), allocator);
  rapidjson::Value publishers(rapidjson::kArrayType);
  std::string text =
      fmt::format("repository  {}\nactive      metaset {} of {}{}\n", repository.root(),
                  view.number(), for_people(view.record().time),
                  latest == view.number() ? "" : fmt::format(" (latest: {})", latest));
  if (scheduled) {
    text += fmt::format("scheduled   metaset {} at {}\n", scheduled->number,
                        basic_timestamp(scheduled->at));
  }
  for (const store::Publisher& publisher : view.publishers()) {
    const store::PublisherState state = view.state(publisher.id);
    text += fmt::format("publisher   {}{}: {} packages, {} versions, updated {}\n",
                        publisher.prefix, default_mark(view, publisher.prefix), state.packages,
                        state.package_versions, for_people(state.last_modified));
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("prefix", json_text(publisher.prefix, json), allocator);
    item.AddMember("packages", state.packages, allocator);
    item.AddMember("package-versions", state.package_versions, allocator);
    item.AddMember("last-catalog-update", json_text(basic_timestamp(state.last_modified), json),
                   allocator);
    publishers.PushBack(item, allocator);
  }
  json.AddMember("publishers", publishers, allocator);
  rapidjson::Value staging(rapidjson::kArrayType);
  for (const store::Area& area : areas) {
    text += fmt::format("staging     {}: {} changes\n", area.name, area.record.changes);
    rapidjson::Value item(rapidjson::kObjectType);
    item.AddMember("name", json_text(area.name, json), allocator);
    item.AddMember("changes", area.record.changes, allocator);
    staging.PushBack(item, allocator);
  }
  json.AddMember("staging", staging, allocator);
  text += fmt::format("database    {}, {} of {} readers\n", human_size(statistics.used_bytes),
                      statistics.readers, statistics.max_readers);
  json.AddMember("database-bytes", statistics.used_bytes, allocator);
  json.AddMember("readers", statistics.readers, allocator);
  globals.json ? print_json(json) : print(text);
}

}  // namespace

void define_status(CLI::App& app, Globals& globals) {
  add_command(app, globals, "status", "show the active metaset, publishers and staging areas", true)
      ->callback([&globals] { run_status(globals); });
}

}  // namespace metaset::app
