// What is different between two metasets: packages by name, and if wanted their actions.
//
// The packages are found from the operations between the two, so that the time depends on what was
// changed and not on the size of the repository. With actions, the manifests of what differs are
// read, one package at a time: two of them are in memory at once.
// Thread-safety: as the views. What is returned does not refer to the transaction.
// Errors: kNotFound for a metaset that there is not, and for a manifest that is needed and was
// forgotten; kCorrupt.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "metaset/store/view.h"

namespace metaset::depot {

enum class ActionChange { kAdded, kRemoved, kChanged };

struct ActionDiff {
  ActionChange change = ActionChange::kAdded;
  std::string action;     // canonical text; of one that was removed: what it was
  std::string before;     // what it was, only if it was changed
  std::int64_t size = 0;  // change of pkg.size in bytes; only files and licenses have one
  std::string version;    // the version that was re-signed, empty for `from` and `to`
};

enum class PackageChange {
  kAdded,       // no version before
  kRemoved,     // no version is left
  kUpgraded,    // the newest version is newer
  kDowngraded,  // the newest version is older
  kVersions,    // the newest version is as old, but others came or went
  kResigned,    // the same versions, but not with the same manifests
};

struct PackageDiff {
  std::string publisher, name;
  PackageChange change = PackageChange::kAdded;
  std::string from, to;  // the newest version then and now; empty: none
  // Versions, the oldest one first. Re-signed: there before and after, with another manifest.
  std::vector<std::string> added, removed, resigned;
  // Only if actions are wanted: between the manifests of `from` and `to`, and between the two of
  // each version that was re-signed. By version, type and key attribute.
  std::vector<ActionDiff> actions;
  std::int64_t size = 0;  // the sum over actions
};

// A sum of changes of sizes that stays within the type.
std::int64_t add_sizes(std::int64_t a, std::int64_t b);

enum class DiffDepth { kPackages, kActions };

// Sorted by publisher and name. The views are of the same transaction; `from` may be the later one.
void diff_metasets(const store::View& from, const store::View& to, DiffDepth depth,
                   const std::function<void(PackageDiff&&)>& visit);

// "added", "removed", "upgraded", "downgraded", "versions", "re-signed"
std::string_view change_name(PackageChange change);
std::string_view change_name(ActionChange change);

// {"publisher", "name", "change", "from", "to", "added": [], "removed": [], "resigned": []}: `from`
// and `to` are null if there is none. With actions also "size" and "actions": [{"change", "action",
// "before", "size", "version"}]: `before` and `version` are null unless the action was changed, or
// is one of a version that was re-signed.
rapidjson::Value package_diff_json(const PackageDiff& package, DiffDepth depth,
                                   rapidjson::Document& document);
// {"from": number, "to": number, "packages": []}
rapidjson::Value diff_json(const store::View& from, const store::View& to, DiffDepth depth,
                           rapidjson::Document& document);

}  // namespace metaset::depot
