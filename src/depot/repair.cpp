#include "metaset/depot/repair.h"

#include <algorithm>
#include <map>
#include <utility>

#include "metaset/base/error.h"
#include "metaset/base/file.h"
#include "metaset/store/commit.h"
#include "metaset/store/layout.h"
#include "metaset/store/search_writer.h"

#include "depot/repair_manifest.h"
#include "depot/repair_payload.h"
#include "depot/verify_context.h"

namespace metaset::depot {

namespace {

using Thing = std::pair<DamageKind, std::string>;  // Damage::kind and what
Thing thing_of(const Damage& damage) { return {damage.kind, damage.what}; }

// "catalog/DIRECTORY/FILE", perhaps with the name of the catalog file behind; empty: it is no file.
std::string catalog_path_of(const Damage& damage) {
  const std::string path = damage.what.substr(0, damage.what.find(' '));
  const bool is_file = damage.kind == DamageKind::kCatalog && path.starts_with("catalog/") &&
                       path.find("..") == std::string::npos;
  return is_file ? path : std::string();
}

bool can_be_fetched(const Damage& damage) {
  return damage.kind == DamageKind::kManifest || damage.kind == DamageKind::kPayload ||
         damage.kind == DamageKind::kSearch || !catalog_path_of(damage).empty();
}

std::string why_not(const Damage& damage) {
  if (damage.kind == DamageKind::kStaging) {
    return "only this repository has staging areas: abandon the area, or publish into it again";
  }
  return "only the database has this, and other depots cannot give it: restore the repository from "
         "a backup or a bundle";
}

class RepositoryRepair {
 public:
  RepositoryRepair(store::Repository& repository, const Sources& sources,
                   const RepairOptions& options, const ProgressCallback& callback)
      : repository_(repository), sources_(sources), options_(options), callback_(callback) {}

  RepairReport run() {
    // Payloads are those that manifests name, so these come first.
    const VerifyReport first = look(std::set<std::string>{});
    for (const Damage& damage : first.damage) mend_first(damage);
    const VerifyReport second = look(payloads_to_look_at());
    report_.manifests = second.manifests;
    report_.payloads = second.payloads;
    add_what_is_gone(first, second);
    PhaseProgress progress{"repairing", 0, second.damage.size(), 0};
    for (const Damage& damage : second.damage) {
      if (callback_) callback_(progress);
      if (damage.kind == DamageKind::kPayload) {
        report_.repairs.push_back(mend_payload(damage));
      } else {
        add_what_is_left(damage);
      }
      ++progress.done;
    }
    finish();
    return std::move(report_);
  }

 private:
  std::optional<std::set<std::string>> payloads_to_look_at() const {
    if (!options_.known_only) return std::nullopt;
    return VerifyStateFile(repository_.root()).state.damaged;
  }
  VerifyReport look(std::optional<std::set<std::string>> payloads) {
    VerifyOptions verify_options;
    verify_options.threads = options_.threads;
    verify_options.payloads = std::move(payloads);
    verify_options.payload_content = options_.payload_content;
    return verify(repository_, verify_options, callback_);
  }

  void mend_first(const Damage& damage) {
    if (options_.dry_run) return;
    const std::string catalog = catalog_path_of(damage);
    try {
      if (damage.kind == DamageKind::kManifest) {
        notes_[thing_of(damage)] = repair_manifest(repository_, sources_, damage);
      } else if (damage.kind == DamageKind::kSearch) {
        if (!std::exchange(searchable_, true)) {
          store::rebuild_search_index(repository_.committed());
        }
        notes_[thing_of(damage)] = "made anew from the manifests";
      } else if (!catalog.empty()) {
        const std::string path = join_path(repository_.root(), catalog);
        remove_file(path);
        // What is noted as made is made again only without that note.
        remove_file(join_path(path.substr(0, path.rfind('/')), "through"));
        notes_[thing_of(damage)] = "removed: it is made again when somebody needs it";
        catalogs_ = true;
      }
    } catch (const Error& error) {
      notes_[thing_of(damage)] = error.message();
    }
  }

  // What needs the same manifest, or is only damaged because of another thing, is mended with it.
  void add_what_is_gone(const VerifyReport& first, const VerifyReport& second) {
    for (const Damage& damage : first.damage) {
      const bool still =
          std::any_of(second.damage.begin(), second.damage.end(),
                      [&](const auto& d) { return thing_of(d) == thing_of(damage); });
      if (still) continue;
      const auto note = notes_.find(thing_of(damage));
      report_.repairs.push_back({damage, RepairOutcome::kRepaired,
                                 note == notes_.end() ? "with what it depends on" : note->second});
    }
  }
  void add_what_is_left(const Damage& damage) {
    if (options_.dry_run && can_be_fetched(damage)) {
      report_.repairs.push_back({damage, RepairOutcome::kRepairable, {}});
      return;
    }
    const auto note = notes_.find(thing_of(damage));
    report_.repairs.push_back(
        {damage, RepairOutcome::kLeft, note == notes_.end() ? why_not(damage) : note->second});
  }

  Repair mend_payload(const Damage& damage) {
    try {
      return repair_payload(repository_, sources_, options_, damage);
    } catch (const Error& error) {
      return {damage, RepairOutcome::kLeft, error.message()};
    }
  }

  void finish() {
    if (options_.dry_run) return;
    const bool payloads =
        std::any_of(report_.repairs.begin(), report_.repairs.end(), [](const Repair& one) {
          return one.damage.kind == DamageKind::kPayload && one.outcome != RepairOutcome::kLeft;
        });
    if (payloads) {
      repository_.payloads().sync();
      forget_mended();
    }
    if (!catalogs_) return;
    try {
      store::finish_commit(repository_);
    } catch (const Error&) {
      // The first client that needs one makes it.
    }
  }

  // A verification in rounds need not tell of them again.
  void forget_mended() {
    try {
      if (!file_info(store::verify_directory(repository_.root()))) return;
      VerifyStateFile file(repository_.root());
      std::set<std::string> left;  // also those of which only a link is
      for (const Repair& one : report_.repairs) {
        if (one.outcome != RepairOutcome::kRepaired) left.insert(one.damage.payload);
      }
      for (const Repair& one : report_.repairs) {
        if (!left.contains(one.damage.payload)) file.state.damaged.erase(one.damage.payload);
      }
      file.save(true);
    } catch (const Error&) {
      // It will look at them again itself.
    }
  }

  store::Repository& repository_;
  const Sources& sources_;
  const RepairOptions& options_;
  const ProgressCallback& callback_;
  std::map<Thing, std::string> notes_;
  bool catalogs_ = false;
  bool searchable_ = false;  // the index was made anew
  RepairReport report_;
};

}  // namespace

std::string_view repair_outcome_name(RepairOutcome outcome) {
  switch (outcome) {
    case RepairOutcome::kRepaired:
      return "repaired";
    case RepairOutcome::kPartly:
      return "partly";
    case RepairOutcome::kRepairable:
      return "repairable";
    case RepairOutcome::kLeft:
      return "left";
  }
  return "unknown";
}

std::uint64_t RepairReport::count(RepairOutcome outcome) const {
  return static_cast<std::uint64_t>(std::count_if(
      repairs.begin(), repairs.end(), [&](const Repair& one) { return one.outcome == outcome; }));
}

RepairReport repair(store::Repository& repository, const Sources& sources,
                    const RepairOptions& options, const ProgressCallback& callback) {
  return RepositoryRepair(repository, sources, options, callback).run();
}

}  // namespace metaset::depot
