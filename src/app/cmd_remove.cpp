#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "metaset/base/error.h"
#include "metaset/depot/list.h"
#include "metaset/store/staging.h"

#include "cli.h"

namespace metaset::app {

namespace {

struct RemoveOptions {
  std::string area{store::kDefaultArea};
  depot::ListQuery query;
};

struct Found {
  std::vector<ips::Fmri> published;  // in the latest metaset
  std::vector<ips::Fmri> staged;     // only in the area: they just leave it
  store::MetasetNumber latest = 0;
};

// The patterns that match none of the packages that the area adds; those that match go to `found`.
std::vector<std::string> find_staged(store::Repository& repository, const RemoveOptions& options,
                                     const std::vector<std::string>& unmatched, Found& found) {
  const store::Staging staging(repository.staging());
  const auto area = staging.area(options.area);
  if (!area) return unmatched;
  std::set<std::string> matched;
  const auto& wanted = options.query.publishers;
  for (const store::StagedChange& change : staging.changes(area->record.id)) {
    if (change.record.kind != store::ChangeKind::kAdd) continue;
    const ips::Fmri fmri = change.fmri();
    if (!wanted.empty() && std::ranges::find(wanted, fmri.publisher) == wanted.end()) continue;
    bool taken = false;
    for (const std::string& text : options.query.patterns) {
      const auto pattern = ips::FmriPattern::parse(text);
      if (!pattern.matches(fmri.publisher, fmri.name, *fmri.version)) continue;
      matched.insert(text);
      taken = true;
    }
    if (taken) found.staged.push_back(fmri);
  }
  std::vector<std::string> left;
  std::ranges::copy_if(unmatched, std::back_inserter(left),
                       [&](const std::string& text) { return !matched.contains(text); });
  return left;
}

// In the latest metaset, to which the next commit is added, not in the active one.
Found find(store::Repository& repository, const RemoveOptions& options) {
  const lmdb::Env& env = repository.committed();
  const lmdb::ReadTxn txn(env);
  const store::View view(env, txn, store::View::latest_number(env, txn));
  const auto result = depot::list_packages(view, depot::Publishers::load(view), options.query);
  if (!result.unknown_publishers.empty()) {
    throw Error(Code::kNotFound,
                fmt::format("unknown publisher: {}", fmt::join(result.unknown_publishers, ", ")));
  }
  Found found{{}, {}, view.number()};
  for (const depot::ListedPackage& package : result.packages) {
    found.published.push_back({package.publisher, package.name, package.version});
  }
  const auto left = find_staged(repository, options, result.unmatched_patterns, found);
  if (!left.empty()) {
    throw Error(Code::kNotFound,
                fmt::format("no package matches {}; nothing was staged", fmt::join(left, ", ")));
  }
  return found;
}

void run_remove(Globals& globals, const RemoveOptions& options) {
  const auto opened = open_for_writing(globals);
  store::Repository& repository = *opened;
  const Found found = find(repository, options);
  const store::Staging::Origin origin{identity(), found.latest};
  store::Staging staging(repository.staging());
  rapidjson::Document json(rapidjson::kArrayType);
  std::vector<Deed> deeds;
  const auto remove = [&](const std::vector<ips::Fmri>& packages, const char* what) {
    for (const ips::Fmri& fmri : packages) {
      staging.remove(options.area, origin, fmri);
      deeds.push_back({"remove", fmt::format("{} in {}", fmri.text(), options.area)});
      if (!globals.json) {
        print(std::string(what) + " " + fmri.text() + "\n");
        continue;
      }
      rapidjson::Value item(rapidjson::kObjectType);
      item.AddMember("fmri", json_text(fmri.text(), json), json.GetAllocator());
      item.AddMember("area", json_text(options.area, json), json.GetAllocator());
      json.PushBack(item, json.GetAllocator());
    }
  };
  remove(found.staged, "no longer staged:");
  remove(found.published, "staged the removal of");
  note_in_audit(repository, deeds);
  if (globals.json) print_json(json);
}

}  // namespace

void define_remove(CLI::App& app, Globals& globals) {
  CLI::App* command =
      add_command(app, globals, "remove", "put removals of packages into a staging area", true);
  auto options = std::make_shared<RemoveOptions>();
  command->add_option("-a,--area", options->area, "staging area (default: default)")
      ->type_name("AREA");
  command->add_option("-p,--publisher", options->query.publishers, "only of this publisher")
      ->type_name("PUBLISHER")
      ->allow_extra_args(false);
  command
      ->add_option("pattern", options->query.patterns, "names as pkg(1) takes them, with * and ?")
      ->required();
  command->callback([&globals, options] { run_remove(globals, *options); });
}

}  // namespace metaset::app
