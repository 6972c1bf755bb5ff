// Property: after any history of publications, replacements, removals, rollbacks, activations, tags
// and collections, each metaset that a simple model says is kept is seen with exactly the packages
// and the catalog that it had when it was made, and all others are not seen.
#include <algorithm>
#include <map>
#include <set>

#include <rapidcheck.h>

#include "metaset/depot/gc.h"
#include "metaset/store/activate.h"
#include "metaset/store/rollback.h"
#include "metaset/store/tags.h"

#include "verify_fixture.h"

namespace metaset::depot {
namespace {

using Packages = std::map<std::string, std::string>;  // FMRI -> what is in it

struct Model {
  struct Metaset {
    Packages packages;
    std::map<std::string, std::string> catalog;  // file name -> bytes
  };
  std::map<store::MetasetNumber, Metaset> metasets;  // that are kept
  store::MetasetNumber latest = 1, active = 1;
  std::map<std::string, store::MetasetNumber> tags;
  Packages staged;
  std::set<std::string> removals;

  bool has_tag(store::MetasetNumber number) const {
    return std::ranges::any_of(tags, [&](const auto& tag) { return tag.second == number; });
  }
  void collect(const GcRules& rules) {
    if (!rules.any()) return;
    std::erase_if(metasets, [&](const auto& metaset) {
      const store::MetasetNumber number = metaset.first;
      const bool recent = rules.keep_last && number + *rules.keep_last > latest;
      return number < active && !recent && !has_tag(number);
    });
  }
};

class World {
 public:
  World() {
    store::Repository::create(root_, {"fruit"}, default_config("fruit"), {"t", "t", time(), true});
    repository_ = std::make_unique<store::Repository>(root_, store::Access::kWrite);
    model_.metasets[1] = seen(1);
  }

  void step() {
    switch (*rc::gen::weightedElement<int>(
        {{6, 0}, {2, 1}, {5, 2}, {2, 3}, {2, 4}, {1, 5}, {3, 6}, {1, 7}})) {
      case 0:
        return stage();
      case 1:
        return remove();
      case 2:
        return commit();
      case 3:
        return roll_back();
      case 4:
        return tag();
      case 5:
        return untag();
      case 6:
        return collect();
      default:
        return activate();
    }
  }

  void compare() {
    for (store::MetasetNumber number = 1; number <= model_.latest; ++number) {
      const auto wanted = model_.metasets.find(number);
      const bool kept = wanted != model_.metasets.end();
      RC_ASSERT(is_seen(number) == kept);
      if (!kept) continue;
      const Model::Metaset found = seen(number);
      RC_ASSERT(found.packages == wanted->second.packages);
      RC_ASSERT(found.catalog == wanted->second.catalog);
    }
    for (const auto& [fmri, text] : model_.staged) require_payload(text);
    for (const Damage& one : verify(*repository_, {}).damage) {
      RC_FAIL(one.what + ": " + one.reason);
    }
  }

 private:
  Time time() {
    time_.micros += *rc::gen::element<std::int64_t>(1'000'000, 1'800'000'000);
    return time_;
  }
  static std::string random_fmri() {
    return "pkg://fruit/" + *rc::gen::element<std::string>("fig", "kiwi", "lime") + "@" +
           *rc::gen::element<std::string>("1", "2") + ",5.11-0:20240101T000000Z";
  }
  bool is_visible(const std::string& fmri) const {
    return model_.metasets.at(model_.latest).packages.contains(fmri);
  }

  void stage() {
    const std::string fmri = random_fmri();
    if (model_.removals.contains(fmri) || model_.staged.contains(fmri)) return;
    const auto content = *rc::gen::inRange(0, 4);
    const auto payload = repository_->payloads().put_content("content " + std::to_string(content));
    repository_->payloads().assign(payload.name, "fruit");
    const std::string text = manifest_of(fmri, "set name=pkg.summary value=\"number " +
                                                   std::to_string(*rc::gen::inRange(0, 3)) +
                                                   "\"\n" + Orchard::file(payload, "a"));
    const auto kind = is_visible(fmri) ? store::ChangeKind::kReplace : store::ChangeKind::kAdd;
    if (kind == store::ChangeKind::kReplace &&
        model_.metasets.at(model_.latest).packages.at(fmri) == text) {
      return;
    }
    store::Staging(repository_->staging())
        .put("default", {"t", model_.latest}, kind, ips::Fmri::parse(fmri), text);
    model_.staged[fmri] = text;
  }
  void remove() {
    const std::string fmri = random_fmri();
    if (!is_visible(fmri) || model_.staged.contains(fmri) || model_.removals.contains(fmri)) return;
    store::Staging(repository_->staging())
        .remove("default", {"t", model_.latest}, ips::Fmri::parse(fmri));
    model_.removals.insert(fmri);
  }
  void commit() {
    if (model_.staged.empty() && model_.removals.empty()) return;
    store::CommitOptions options;
    options.who = "t";
    options.time = time();
    options.activate = *rc::gen::inRange(0, 4) != 0;
    options.area_wins = true;
    const auto record = store::commit(*repository_, options);
    Packages packages = model_.metasets.at(model_.latest).packages;
    for (const std::string& fmri : model_.removals) packages.erase(fmri);
    for (const auto& [fmri, text] : model_.staged) packages[fmri] = text;
    model_.staged.clear();
    model_.removals.clear();
    came(record.number, std::move(packages), options.activate);
    if (*rc::gen::inRange(0, 3) == 0) store::finish_commit(*repository_);
  }
  void came(store::MetasetNumber number, Packages packages, bool active) {
    RC_ASSERT(number == model_.latest + 1);
    model_.latest = number;
    if (active) model_.active = number;
    model_.metasets[number] = seen(number);
    RC_ASSERT(model_.metasets[number].packages == packages);
  }
  store::MetasetNumber kept_number() const {
    const auto place = *rc::gen::inRange<std::size_t>(0, model_.metasets.size());
    return std::next(model_.metasets.begin(), static_cast<std::ptrdiff_t>(place))->first;
  }
  void roll_back() {
    store::RollbackOptions options;
    options.number = kept_number();
    options.who = "t";
    options.time = time();
    if (options.number == model_.latest) return;
    Packages packages = model_.metasets.at(options.number).packages;
    const auto record = store::rollback(*repository_, options);
    if (record) {
      came(record->number, std::move(packages), true);
    } else {
      RC_ASSERT(packages == model_.metasets.at(model_.latest).packages);
    }
    // What was staged no longer fits what is there.
    if (!model_.staged.empty() || !model_.removals.empty()) {
      store::Staging(repository_->staging()).abandon("default");
      model_.staged.clear();
      model_.removals.clear();
    }
  }
  void activate() {
    if (model_.active == model_.latest) return;
    model_.active = *rc::gen::inRange<store::MetasetNumber>(model_.active + 1, model_.latest + 1);
    store::activate(*repository_, model_.active);
  }
  void tag() {
    const auto name = *rc::gen::element<std::string>("one", "two");
    const store::MetasetNumber number = kept_number();
    store::set_tag(*repository_, name, number, "t", true);
    model_.tags[name] = number;
  }
  void untag() {
    if (model_.tags.empty()) return;
    store::remove_tag(*repository_, model_.tags.begin()->first);
    model_.tags.erase(model_.tags.begin());
  }
  void collect() {
    GcOptions options;
    const int kind = *rc::gen::inRange(0, 4);
    if (kind == 1) options.rules.keep_tagged = true;
    if (kind > 1) options.rules.keep_last = *rc::gen::inRange<std::uint64_t>(1, 5);
    const bool always = *rc::gen::inRange(0, 4) == 0;
    options.compacting = always ? Compacting::kAlways : Compacting::kNever;
    options.dry_run = true;
    const GcReport would = collect_garbage(*repository_, options);
    compare();  // nothing was changed
    options.dry_run = false;
    const GcReport done = collect_garbage(*repository_, options);
    RC_ASSERT(would.forgotten == done.forgotten);
    RC_ASSERT(would.manifests.count == done.manifests.count);
    RC_ASSERT(would.payloads.count == done.payloads.count);
    RC_ASSERT(would.links == done.links);
    model_.collect(options.rules);
    RC_ASSERT(done.kept == model_.metasets.size());
    // Not one payload too many.
    RC_ASSERT(verify(*repository_, {}).stray_payloads == 0u);
  }

  bool is_seen(store::MetasetNumber number) const {
    try {
      store::require_metaset(*repository_, std::to_string(number));
      return true;
    } catch (const Error&) {
      return false;
    }
  }
  void require_payload(const std::string& text) const {
    for (const std::string& name : ips::summarize(text).payloads) {
      RC_ASSERT(repository_->payloads().has(name));
      RC_ASSERT(repository_->payloads().is_assigned(name, "fruit"));
    }
  }
  // Everything a client can see of a metaset.
  Model::Metaset seen(store::MetasetNumber number) {
    const lmdb::Env& env = std::as_const(*repository_).committed();
    const lmdb::ReadTxn txn(env);
    const store::View view(env, txn, number);
    const store::Publisher publisher = view.publisher("fruit").value();
    Model::Metaset result;
    view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
      const std::string text = view.manifest(entry.manifest).value().text();
      require_payload(text);
      result.packages["pkg://fruit/" + std::string(name) + "@" + entry.version] = text;
      return true;
    });
    result.catalog["catalog.attrs"] = repository_->catalog_files().attrs(view, publisher)->text;
    for (const auto& file : store::list_catalog_files(view, publisher, view.state(publisher.id))) {
      std::string& text = result.catalog[file.name];
      store::render_catalog_file(view, file, [&](std::string_view bytes) { text.append(bytes); });
    }
    return result;
  }

  TemporaryDirectory directory_;
  std::string root_ = directory_.path() + "/repo";
  std::unique_ptr<store::Repository> repository_;
  Time time_{1'714'557'600'000'000};
  Model model_;
};

BOOST_AUTO_TEST_CASE(every_kept_metaset_stays_as_it_was) {
  const bool held = rc::check([] {
    World world;
    const int steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) world.step();
    world.compare();
  });
  BOOST_TEST(held);
}

}  // namespace
}  // namespace metaset::depot
