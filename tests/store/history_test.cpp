// Property: whatever happened between two metasets, a client that holds the older one and applies
// the update logs of the newer one, by the clients' rules (protocol/catalog.md section 7), arrives
// at exactly the parts of the newer one.
#include <algorithm>
#include <map>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/store/rollback.h"

#include "fixture.h"

namespace metaset::store {
namespace {

struct ClientPart {
  Time last_modified;
  // name -> entries (version, what the part says) in catalog order
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> packages;
  bool operator==(const ClientPart& other) const { return packages == other.packages; }
};
using ClientCatalog = std::map<std::string, ClientPart>;

std::string content_of(const ips::PartEntry& entry) {
  return entry.manifest ? to_hex(*entry.manifest) : entry.actions;
}

ClientCatalog download(TestRepository& t, MetasetNumber number) {
  ClientCatalog catalog;
  for (const auto& part : ips::read_attrs(t.rendered(number, "first", "catalog.attrs")).parts) {
    ClientPart& mine = catalog[part.name];
    mine.last_modified = part.last_modified;
    ips::read_part(t.rendered(number, "first", part.name), [&](ips::PartEntry&& entry) {
      mine.packages[entry.name].emplace_back(entry.version, content_of(entry));
    });
  }
  return catalog;
}

void apply(ClientPart& part, const ips::LogEntry& operation, const ips::PartEntry& entry) {
  auto& entries = part.packages[operation.name];
  if (operation.add) {
    entries.emplace_back(operation.version, content_of(entry));
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return ips::Version::parse(a.first) < ips::Version::parse(b.first);
    });
    return;
  }
  const auto place = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& e) { return e.first == operation.version; });
  RC_ASSERT(place != entries.end());
  entries.erase(place);
  if (entries.empty()) part.packages.erase(operation.name);
}

// Parts that are new since the client's state are fetched whole; here they are just left out of the
// comparison, as the logs cannot bring them.
void update(TestRepository& t, ClientCatalog& catalog, MetasetNumber to) {
  const ClientCatalog before = catalog;
  const auto attrs = ips::read_attrs(t.rendered(to, "first", "catalog.attrs"));
  for (const auto& log : attrs.updates) {
    ips::read_log(t.rendered(to, "first", log.name), [&](ips::LogEntry&& operation) {
      for (const auto& touched : operation.parts) {
        const auto mine = catalog.find(touched.part);
        if (mine == catalog.end()) continue;
        if (operation.time <= before.at(touched.part).last_modified) continue;
        apply(mine->second, operation, touched.entry);
      }
    });
  }
}

std::string random_fmri() {
  const auto name = *rc::gen::element<std::string>("a", "a+b", "a/b", "ab", "b");
  const auto release = *rc::gen::element<std::string>("1", "1.9", "1.10");
  const auto build = *rc::gen::element<std::string>("5.11", "5.9");
  return "pkg://first/" + name + "@" + release + "," + build + "-1:20240101T000000Z";
}

std::string random_actions() {
  std::string text;
  if (*rc::gen::arbitrary<bool>()) text += "depend type=require fmri=pkg:/x@1\n";
  if (*rc::gen::arbitrary<bool>()) text += "set name=pkg.description:fr value=\"voil\xc3\xa0\"\n";
  return text + "set name=info.number value=" + std::to_string(*rc::gen::inRange(0, 3)) + "\n";
}

// One metaset of one to four random operations that fit what is there.
void random_metaset(TestRepository& t, Time time) {
  t.write(
      [&](MetasetWriter& writer) {
        const PublisherId publisher = writer.publisher("first");
        const int operations = *rc::gen::inRange(1, 5);
        for (int i = 0; i < operations; ++i) {
          const std::string fmri = random_fmri();
          const std::string actions = random_actions();
          const auto facts = facts_for(fmri, actions);
          writer.put_manifest(manifest_of(ips::Fmri::parse(fmri), actions));
          const bool there =
              writer.view().find_visible(publisher, facts.name, facts.version).has_value();
          if (there) writer.remove(publisher, facts.name, facts.version);
          if (!there || *rc::gen::arbitrary<bool>()) writer.add(publisher, facts);
        }
      },
      time);
}

// Clients that hold any earlier metaset arrive at the last one.
void all_follow_to(TestRepository& t, MetasetNumber last) {
  const ClientCatalog theirs = download(t, last);
  for (MetasetNumber from = 2; from < last; ++from) {
    ClientCatalog mine = download(t, from);
    update(t, mine, last);
    for (const auto& [name, part] : mine) RC_ASSERT(part == theirs.at(name));
  }
}

// Names and contents of all packages of a metaset.
std::map<std::string, std::map<std::string, std::vector<std::pair<std::string, std::string>>>>
packages_in(TestRepository& t, MetasetNumber number) {
  std::map<std::string, std::map<std::string, std::vector<std::pair<std::string, std::string>>>>
      result;
  for (auto& [name, part] : download(t, number)) {
    // The order of versions that compare as equal is that of their additions.
    for (auto& [package, entries] : part.packages) std::ranges::sort(entries);
    if (!part.packages.empty()) result[name] = part.packages;
  }
  return result;
}

void random_rollback(TestRepository& t, MetasetNumber latest, Time time) {
  RollbackOptions options;
  options.number = *rc::gen::inRange<MetasetNumber>(1, latest);
  options.time = time;
  const auto record = rollback(*t.repository, options);
  const MetasetNumber now = record ? record->number : latest;
  RC_ASSERT(packages_in(t, now) == packages_in(t, options.number));
}

BOOST_AUTO_TEST_CASE(a_rollback_has_the_content_of_then_and_clients_follow_it) {
  const bool held = rc::check([] {
    TestRepository t;
    Time time{1'714'557'600'000'000};
    const int steps = *rc::gen::inRange(2, 8);
    for (int i = 0; i < steps; ++i) {
      time.micros += *rc::gen::element<std::int64_t>(1, 1'000'000, 3'600'000'000);
      const MetasetNumber latest = t.latest();
      if (latest > 2 && *rc::gen::inRange(0, 3) == 0) {
        random_rollback(t, latest, time);
      } else {
        random_metaset(t, time);
      }
    }
    all_follow_to(t, t.latest());
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(clients_follow_incrementally_from_any_metaset_to_any_later_one) {
  const bool held = rc::check([] {
    TestRepository t;
    Time time{1'714'557'600'000'000};
    const int metasets = *rc::gen::inRange(2, 7);
    for (int i = 0; i < metasets; ++i) {
      time.micros += *rc::gen::element<std::int64_t>(1, 1'000'000, 3'600'000'000);
      random_metaset(t, time);
    }
    all_follow_to(t, static_cast<MetasetNumber>(metasets + 1));
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(counts_and_hashes_in_attrs_are_those_of_the_parts) {
  const bool held = rc::check([] {
    TestRepository t;
    Time time{1'714'557'600'000'000};
    for (int i = 0; i < 4; ++i) random_metaset(t, Time{time.micros += 1000});
    const auto attrs = ips::read_attrs(t.rendered(5, "first", "catalog.attrs"));
    std::uint64_t versions = 0;
    std::map<std::string, int> names;
    for (const auto& list : {attrs.parts, attrs.updates}) {
      for (const auto& file : list) {
        const std::string text = t.rendered(5, "first", file.name);
        const auto read = file.name.rfind("update.", 0) == 0
                              ? ips::read_log(text, [](ips::LogEntry&&) {})
                              : ips::read_part(text, [&](ips::PartEntry&& entry) {
                                  if (file.name != "catalog.base.C") return;
                                  ++versions;
                                  ++names[entry.name];
                                });
        RC_ASSERT(to_hex(read.sha1) == to_hex(file.sha1));
      }
    }
    RC_ASSERT(attrs.package_version_count == versions);
    RC_ASSERT(attrs.package_count == names.size());
  });
  BOOST_TEST(held);
}

}  // namespace
}  // namespace metaset::store
