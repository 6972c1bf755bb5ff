// What is kept for pages is verified, and repaired: outlines of manifests and sizes of metasets.
#include <fmt/format.h>

#include "metaset/depot/repair.h"
#include "metaset/store/layout.h"

#include "verify_fixture.h"

namespace metaset::depot {
namespace {

struct Kept : Orchard {
  Kept() {
    const std::string large(store::kSmallestOutlined, 'x');
    std::vector<std::pair<std::string, std::string>> packages;
    for (std::uint64_t i = 0; i <= store::SizeNotes::kLarge; ++i) {
      packages.emplace_back(fmt::format("pkg://fruit/plum{}@1,5.11-0:20240101T000000Z", i),
                            i < 2 ? "set name=words value=" + large + "\n" : "");
    }
    publish(packages);
    publish({{"pkg://fruit/last@1,5.11-0:20240101T000000Z", file(seed, "seed")}});
    store::finish_commit(*repository);
    for (const std::string& name : list_directory(store::outline_directory(root))) {
      if (name != "through") outlines.push_back("catalog/outline/" + name);
    }
    for (const std::string& name : list_directory(store::size_directory(root))) {
      if (name != "through") notes.push_back("catalog/sizes/" + name);
    }
    BOOST_TEST_REQUIRE(outlines.size() == 2U);
    BOOST_TEST_REQUIRE(notes.size() == 1U);
  }
  std::string content(const std::string& name) const { return read_file(place(name), 1 << 20); }
  std::string place(const std::string& name) const { return join_path(root, name); }

  std::vector<std::string> outlines, notes;
};

BOOST_FIXTURE_TEST_CASE(what_pages_show_is_verified_and_made_anew, Kept) {
  same_damage(check(), {});
  const std::string whole = content(outlines[0]), other = content(outlines[1]),
                    note = content(notes[0]);
  write_file_atomically(place(outlines[0]), other, false);
  flip(place(outlines[1]), other.size() - 12);
  flip(place(notes[0]), note.size() - 2);
  const Expected expected = {{DamageKind::kCatalog, outlines[0]},
                             {DamageKind::kCatalog, outlines[1]},
                             {DamageKind::kCatalog, notes[0]}};
  same_damage(check(), expected);
  same_damage(check(), expected);  // it changes nothing
  const RepairReport report = repair(*repository, {}, {});
  BOOST_TEST(report.repairs.size() == expected.size());
  for (const Repair& one : report.repairs) {
    BOOST_TEST((one.outcome == RepairOutcome::kRepaired), one.how);
  }
  same_damage(check(), {});
  BOOST_TEST((content(outlines[0]) == whole));
  BOOST_TEST((content(outlines[1]) == other));
  BOOST_TEST(content(notes[0]) == note);
}

// What nobody looks for is no damage, nor is it that pages have nothing to show.
BOOST_FIXTURE_TEST_CASE(other_files_beside_them, Kept) {
  write_file_atomically(root + "/catalog/outline/" + std::string(64, 'a'), "x", false);
  write_file_atomically(root + "/catalog/sizes/" + std::string(64, 'a'), "x", false);
  write_file_atomically(root + "/catalog/sizes/through", "x", false);
  remove_file(place(outlines[0]));
  remove_file(place(notes[0]));
  same_damage(check(), {});
}

// A manifest that is damaged is told of once.
BOOST_FIXTURE_TEST_CASE(an_outline_of_a_damaged_manifest, Kept) {
  const auto digest = sha256_from_hex(outlines[0].substr(outlines[0].rfind('/') + 1)).value();
  put(store::kManifests, std::string(bytes_of(digest)), "no manifest");
  const VerifyReport report = check();
  BOOST_TEST(!report.damage.empty());
  for (const Damage& one : report.damage) BOOST_TEST(!one.what.starts_with("catalog/"), one.what);
}

}  // namespace
}  // namespace metaset::depot
