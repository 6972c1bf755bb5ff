#include "metaset/depot/diff.h"

#include <algorithm>

#include "metaset/store/version_changes.h"

#include "depot/diff_actions.h"

namespace metaset::depot {

namespace {

using NewestEntry = std::optional<store::PackageEntry>;

// The order of the catalog; versions that differ in the build release only compare as equal.
void sort_versions(std::vector<std::string>& versions) {
  std::ranges::stable_sort(versions, [](const std::string& a, const std::string& b) {
    return ips::Version::parse(a) < ips::Version::parse(b);
  });
}

class MetasetDiff {
 public:
  MetasetDiff(const store::View& from, const store::View& to, DiffDepth depth)
      : from_(from), to_(to), depth_(depth) {}

  void publisher(const store::Publisher& publisher,
                 const std::function<void(PackageDiff&&)>& visit) const {
    std::vector<store::VersionChange> changes;  // of one name
    const auto finish = [&] {
      if (!changes.empty()) visit(package(publisher, changes));
      changes.clear();
    };
    store::for_each_changed_version(from_, to_, publisher, [&](store::VersionChange&& change) {
      if (!changes.empty() && changes.front().name != change.name) finish();
      changes.push_back(std::move(change));
    });
    finish();
  }

 private:
  PackageDiff package(const store::Publisher& publisher,
                      const std::vector<store::VersionChange>& changes) const {
    PackageDiff diff;
    diff.publisher = publisher.prefix;
    diff.name = changes.front().name;
    for (const store::VersionChange& change : changes) {
      auto& list = !change.before ? diff.added : !change.after ? diff.removed : diff.resigned;
      list.push_back(change.version.text());
    }
    for (auto* list : {&diff.added, &diff.removed, &diff.resigned}) sort_versions(*list);
    const NewestEntry before = from_.newest(publisher.id, diff.name);
    const NewestEntry after = to_.newest(publisher.id, diff.name);
    if (before) diff.from = before->version;
    if (after) diff.to = after->version;
    diff.change = kind(diff);
    if (depth_ == DiffDepth::kActions) {
      if (diff.from != diff.to) compare(diff, before, after, {});
      compare_resigned(diff, changes);
    }
    return diff;
  }

  static PackageChange kind(const PackageDiff& diff) {
    if (diff.from.empty()) return PackageChange::kAdded;
    if (diff.to.empty()) return PackageChange::kRemoved;
    const auto from = ips::Version::parse(diff.from), to = ips::Version::parse(diff.to);
    if (from < to) return PackageChange::kUpgraded;
    if (from > to) return PackageChange::kDowngraded;
    return diff.added.empty() && diff.removed.empty() ? PackageChange::kResigned
                                                      : PackageChange::kVersions;
  }

  // The changes are sorted by the texts of the versions, which is not the order of versions.
  void compare_resigned(PackageDiff& diff, const std::vector<store::VersionChange>& changes) const {
    for (const std::string& version : diff.resigned) {
      const auto change = std::ranges::find_if(
          changes, [&](const auto& one) { return one.version.text() == version; });
      compare(diff, change->before, change->after, version);
    }
  }

  void compare(PackageDiff& diff, const NewestEntry& before, const NewestEntry& after,
               const std::string& version) const {
    for (ActionDiff& one : diff_actions(text_of(diff, before), text_of(diff, after))) {
      one.version = version;
      diff.size = add_sizes(diff.size, one.size);
      diff.actions.push_back(std::move(one));
    }
  }

  // Manifests do not depend on the metaset.
  std::string text_of(const PackageDiff& diff, const NewestEntry& entry) const {
    if (!entry) return {};
    return store::require_manifest(to_, diff.publisher, diff.name, *entry).text();
  }

  const store::View& from_;
  const store::View& to_;
  const DiffDepth depth_;
};

}  // namespace

void diff_metasets(const store::View& from, const store::View& to, DiffDepth depth,
                   const std::function<void(PackageDiff&&)>& visit) {
  for (const store::View* view : {&from, &to}) view->record();
  // Publishers are never removed: the later metaset has those of both.
  auto publishers = (from.number() < to.number() ? to : from).publishers();
  std::ranges::sort(publishers, {}, &store::Publisher::prefix);
  const MetasetDiff diff(from, to, depth);
  for (const store::Publisher& publisher : publishers) diff.publisher(publisher, visit);
}

}  // namespace metaset::depot
