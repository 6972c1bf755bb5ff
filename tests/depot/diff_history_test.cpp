// Property: whatever happened, the difference of two metasets is what comparing the lists of all
// their packages gives, and the difference of the other direction is its mirror image.
#include <map>
#include <set>

#include <rapidcheck.h>

#include "metaset/depot/diff.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

struct KnownPackage {
  std::map<std::string, std::string> manifests;  // by version
  std::optional<ips::Version> newest;
};
using KnownPackages = std::map<std::pair<std::string, std::string>, KnownPackage>;

KnownPackages known_packages(const store::View& view) {
  KnownPackages result;
  for (const store::Publisher& publisher : view.publishers()) {
    view.for_each(publisher.id, [&](std::string_view name, const store::PackageEntry& entry) {
      KnownPackage& known = result[{publisher.prefix, std::string(name)}];
      known.manifests[entry.version] = to_hex(entry.manifest);
      const auto version = ips::Version::parse(entry.version);
      if (!known.newest || *known.newest <= version) known.newest = version;
      return true;
    });
  }
  return result;
}

std::string text_of(const std::optional<ips::Version>& version) {
  return version ? version->text() : std::string();
}

PackageChange expected_change(const KnownPackage& before, const KnownPackage& after) {
  if (!before.newest) return PackageChange::kAdded;
  if (!after.newest) return PackageChange::kRemoved;
  if (*before.newest < *after.newest) return PackageChange::kUpgraded;
  if (*before.newest > *after.newest) return PackageChange::kDowngraded;
  const auto versions = [](const KnownPackage& package) {
    std::set<std::string> result;
    for (const auto& [version, manifest] : package.manifests) result.insert(version);
    return result;
  };
  return versions(before) == versions(after) ? PackageChange::kResigned : PackageChange::kVersions;
}

// The lists in the order of texts, to be compared.
struct Shown {
  std::string publisher, name, from, to;
  PackageChange change;
  std::set<std::string> added, removed, resigned;
  bool operator==(const Shown&) const = default;
};
void showValue(const Shown& shown, std::ostream& os) {
  os << shown.publisher << "/" << shown.name << " " << change_name(shown.change) << " "
     << shown.from << " -> " << shown.to;
}

std::vector<Shown> compared_lists(const KnownPackages& before, const KnownPackages& after) {
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& [name, known] : before) names.insert(name);
  for (const auto& [name, known] : after) names.insert(name);
  std::vector<Shown> result;
  for (const auto& name : names) {
    const auto find = [&](const KnownPackages& all) {
      const auto place = all.find(name);
      return place == all.end() ? KnownPackage() : place->second;
    };
    const KnownPackage a = find(before), b = find(after);
    if (a.manifests == b.manifests) continue;
    Shown shown{
        name.first, name.second, text_of(a.newest), text_of(b.newest), expected_change(a, b), {},
        {},         {}};
    for (const auto& [version, manifest] : a.manifests) {
      const auto other = b.manifests.find(version);
      if (other == b.manifests.end()) {
        shown.removed.insert(version);
      } else if (other->second != manifest) {
        shown.resigned.insert(version);
      }
    }
    for (const auto& [version, manifest] : b.manifests) {
      if (!a.manifests.contains(version)) shown.added.insert(version);
    }
    result.push_back(shown);
  }
  return result;
}

std::vector<PackageDiff> all_of(const store::View& from, const store::View& to) {
  std::vector<PackageDiff> result;
  diff_metasets(from, to, DiffDepth::kActions,
                [&](PackageDiff&& package) { result.push_back(std::move(package)); });
  return result;
}

std::vector<Shown> shown_by(const std::vector<PackageDiff>& packages) {
  const auto set = [](const std::vector<std::string>& texts) {
    return std::set<std::string>(texts.begin(), texts.end());
  };
  std::vector<Shown> result;
  result.reserve(packages.size());
  for (const PackageDiff& p : packages) {
    result.push_back({p.publisher, p.name, p.from, p.to, p.change, set(p.added), set(p.removed),
                      set(p.resigned)});
  }
  return result;
}

PackageChange mirrored(PackageChange change) {
  switch (change) {
    case PackageChange::kAdded:
      return PackageChange::kRemoved;
    case PackageChange::kRemoved:
      return PackageChange::kAdded;
    case PackageChange::kUpgraded:
      return PackageChange::kDowngraded;
    case PackageChange::kDowngraded:
      return PackageChange::kUpgraded;
    default:
      return change;
  }
}

// One entry for each action, so that the order does not count where it may differ.
std::multiset<std::vector<std::string>> action_entries(const PackageDiff& package, bool mirror) {
  std::multiset<std::vector<std::string>> result;
  for (const ActionDiff& a : package.actions) {
    std::string old = a.before, now = a.action;
    if (a.change == ActionChange::kRemoved) std::swap(old, now);
    if (mirror) std::swap(old, now);
    result.insert({a.version, old, now, std::to_string(mirror ? -a.size : a.size)});
  }
  return result;
}

void are_mirrors(const std::vector<PackageDiff>& there, const std::vector<PackageDiff>& back) {
  RC_ASSERT(there.size() == back.size());
  for (std::size_t i = 0; i < there.size(); ++i) {
    const PackageDiff &a = there[i], &b = back[i];
    RC_ASSERT(a.publisher == b.publisher);
    RC_ASSERT(a.name == b.name);
    RC_ASSERT(a.change == mirrored(b.change));
    RC_ASSERT(a.from == b.to);
    RC_ASSERT(a.to == b.from);
    RC_ASSERT(a.added == b.removed);
    RC_ASSERT(a.removed == b.added);
    RC_ASSERT(a.resigned == b.resigned);
    RC_ASSERT(a.size == -b.size);
    RC_ASSERT(action_entries(a, false) == action_entries(b, true));
  }
}

std::string random_manifest() {
  const auto publisher = *rc::gen::element<std::string>("fruit", "example.org", "late");
  const auto name = *rc::gen::element<std::string>("a", "a+b", "a/b", "ab");
  const auto release = *rc::gen::element<std::string>("1", "1.9", "1.10");
  const auto build = *rc::gen::element<std::string>("5.11", "5.9");
  std::string text = manifest_of("pkg://" + publisher + "/" + name + "@" + release + "," + build +
                                 "-1:20240101T000000Z");
  const int files = *rc::gen::inRange(0, 4);
  for (int i = 0; i < files; ++i) {
    text += "file " + *rc::gen::element<std::string>("aa", "bb") +
            " path=" + *rc::gen::element<std::string>("x", "y") +
            *rc::gen::element<std::string>("", " variant.arch=arm", " variant.arch=sparc") +
            " pkg.size=" + std::to_string(*rc::gen::inRange(0, 3)) + "\n";
  }
  return text;
}

// One metaset of one to five random operations that fit what is there.
void random_metaset(TestDepot& t) {
  t.session.end();
  t.session.store().write_metaset(
      {"tester", "random", std::nullopt, true}, [](store::MetasetWriter& writer, lmdb::WriteTxn&) {
        const int operations = *rc::gen::inRange(1, 6);
        for (int i = 0; i < operations; ++i) {
          const std::string text = random_manifest();
          const ips::ManifestSummary summary = ips::summarize(text);
          const auto publisher = writer.publisher(summary.fmri.publisher);
          const auto& version = summary.fmri.version.value();
          const bool there =
              writer.view().find_visible(publisher, summary.fmri.name, version).has_value();
          if (there) writer.remove(publisher, summary.fmri.name, version);
          if (there && *rc::gen::arbitrary<bool>()) continue;
          writer.add(publisher, store::facts_of(summary, sha1_of(text), writer.put_manifest(text)));
        }
      });
  t.session.begin();
}

BOOST_AUTO_TEST_CASE(a_diff_is_what_comparing_all_packages_gives) {
  const bool held = rc::check([] {
    TestDepot t;
    const auto last = *rc::gen::inRange<store::MetasetNumber>(2, 8);
    for (store::MetasetNumber n = 2; n <= last; ++n) random_metaset(t);
    std::vector<KnownPackages> known(last + 1);
    for (store::MetasetNumber n = 1; n <= last; ++n) known[n] = known_packages(t.view().at(n));
    for (store::MetasetNumber a = 1; a <= last; ++a) {
      for (store::MetasetNumber b = a; b <= last; ++b) {
        const auto there = all_of(t.view().at(a), t.view().at(b));
        RC_ASSERT(shown_by(there) == compared_lists(known[a], known[b]));
        are_mirrors(there, all_of(t.view().at(b), t.view().at(a)));
      }
    }
  });
  BOOST_TEST(held);
}

}  // namespace
}  // namespace metaset::depot
