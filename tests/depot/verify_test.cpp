// Every kind of damage to files is named, and nothing else is; whole repositories have none.
#include <cstdlib>

#include <rapidcheck.h>

#include "metaset/base/gzip.h"
#include "metaset/pkg5/import.h"

#include "verify_fixture.h"

namespace metaset::depot {
namespace {

BOOST_AUTO_TEST_CASE(a_whole_repository_has_no_damage) {
  Orchard t;
  std::map<std::string, PhaseProgress> phases;
  const VerifyReport report = verify(*t.repository, {}, [&](const PhaseProgress& now) {
    BOOST_TEST(now.done <= now.total);
    phases[std::string(now.phase)] = now;
  });
  same_damage(report, {});
  BOOST_TEST(report.metasets == 5u);
  BOOST_TEST(report.publishers == 2u);
  BOOST_TEST(report.operations == 5u);
  BOOST_TEST(report.package_versions == 4u);
  BOOST_TEST(report.manifests == 4u);
  BOOST_TEST(report.payloads == 3u);
  BOOST_TEST(report.payload_bytes == t.seed.csize + t.peel.csize + t.core.csize);
  BOOST_TEST(report.staged_changes == 1u);
  BOOST_TEST(report.catalog_files > 0u);
  BOOST_TEST(report.other_texts == 0u);
  BOOST_TEST(report.stray_payloads == 0u);
  for (const auto& [name, phase] : phases) {
    BOOST_TEST_CONTEXT(name) BOOST_TEST(phase.done == phase.total);
  }
}

BOOST_AUTO_TEST_CASE(a_repository_open_for_reading_only_is_verified_without_staging) {
  Orchard t;
  t.repository = std::make_unique<store::Repository>(t.root, store::Access::kRead);
  const VerifyReport report = t.check();
  same_damage(report, {});
  BOOST_TEST(report.staged_changes == 0u);
  BOOST_TEST(report.stray_payloads == 1u);
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_in_a_payload) {
  Orchard t;
  flip(t.repository->payloads().path(t.seed.name), t.seed.csize - 12);
  const VerifyReport report = t.check();
  same_damage(report, {{DamageKind::kPayload, t.seed.name}});
  const std::vector<std::string> needed{kApple1, kApple2, kPear};
  BOOST_TEST(report.damage.at(0).needed_by.size() == 3u);
  for (const std::string& fmri : needed) {
    BOOST_TEST(std::count(report.damage[0].needed_by.begin(), report.damage[0].needed_by.end(),
                          fmri) == 1);
  }
  same_damage(t.check(false), {});
}

BOOST_AUTO_TEST_CASE(a_missing_and_a_truncated_payload) {
  Orchard t;
  remove_file(t.repository->payloads().path(t.core.name));
  const std::string path = t.repository->payloads().path(t.peel.name);
  write_file_atomically(path, read_file(path, 1000).substr(0, 20), false);
  for (const bool content : {true, false}) {
    const VerifyReport report = t.check(content);
    same_damage(report, {{DamageKind::kPayload, t.core.name}, {DamageKind::kPayload, t.peel.name}});
    for (const Damage& damage : report.damage) {
      const bool core = damage.what == t.core.name;
      BOOST_TEST(damage.needed_by == std::vector<std::string>{core ? kFig + " (staged)" : kPear},
                 boost::test_tools::per_element());
      BOOST_TEST((damage.reason.find("missing") != std::string::npos) == core);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_link_of_a_publisher_that_is_missing_or_something_else) {
  Orchard t;
  const std::string publisher = ips::Fmri::parse(kPear).publisher;
  const std::string link = t.repository->payloads().path(t.peel.name, publisher);
  const std::string bytes = read_file(link, 1000);
  const auto check = [&] {
    const VerifyReport report = t.check();
    same_damage(report, {{DamageKind::kPayload, t.peel.name + " of " + publisher}});
    BOOST_TEST(report.damage.at(0).needed_by == std::vector<std::string>{kPear},
               boost::test_tools::per_element());
  };
  remove_file(link);
  check();
  write_file_atomically(link, "something else", false);
  check();
  write_file_atomically(link, bytes, false);  // a copy of the repository without hard links
  same_damage(t.check(), {});
}

BOOST_AUTO_TEST_CASE(a_payload_of_the_right_content_but_another_compression) {
  Orchard t;
  write_file_atomically(t.repository->payloads().path(t.peel.name), gzip("peel of a pear\n", 0),
                        false);
  const VerifyReport report = t.check();
  same_damage(report, {{DamageKind::kPayload, t.peel.name}});
  BOOST_TEST(report.damage.at(0).needed_by == std::vector<std::string>{kPear},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(stray_payloads_are_counted_only) {
  Orchard t;
  const auto facts = t.repository->payloads().put_content("nobody's\n");
  const VerifyReport report = t.check();
  same_damage(report, {});
  BOOST_TEST(report.stray_payloads == 1u);
  BOOST_TEST(report.stray_bytes == facts.csize);
}

BOOST_AUTO_TEST_CASE(a_corrupt_manifest) {
  Orchard t;
  const std::string key(bytes_of(t.entry(kPear).manifest));
  const std::string good = t.get(store::kManifests, key);
  for (std::size_t i = 0; i < good.size(); i += 7) {
    std::string bad = good;
    // Bits that gzip ignores (times, flags) make no damage; the header of the row does.
    if (i >= 9 && i < 20) continue;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    t.put(store::kManifests, key, bad);
    BOOST_TEST_CONTEXT("byte " << i)
    same_damage(t.check(false), {{DamageKind::kManifest, kPear}});
  }
  t.put(store::kManifests, key, "");
  same_damage(t.check(), {{DamageKind::kManifest, kPear}});
}

BOOST_AUTO_TEST_CASE(the_manifest_of_another_package) {
  Orchard t;
  const auto other = t.entry(kApple2);
  t.alter<store::PackageEntry>(store::kPackages, t.row_key(kPear), [&](auto& row) {
    row.manifest = other.manifest;
    row.manifest_sha1 = other.manifest_sha1;
  });
  same_damage(t.check(), {{DamageKind::kPackage, kPear}});
}

std::string on_disk(const Orchard& t, const std::string& name) {
  const lmdb::ReadTxn txn(t.repository->committed());
  const store::View view(t.repository->committed(), txn, 5);
  const auto fruit = *view.publisher("fruit");
  const auto file = store::find_catalog_file(view, fruit, view.state(fruit.id), name);
  return t.repository->catalog_files().get(view, *file).path;
}

BOOST_AUTO_TEST_CASE(catalog_files_on_disk) {
  Orchard t;
  const std::string base = on_disk(t, "catalog.base.C");
  const std::string path = t.root + "/" + base;
  const std::string good = read_file(path, 1 << 20);
  const Expected plain{{DamageKind::kCatalog, base + " (catalog.base.C of fruit)"}};
  for (const std::size_t offset : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
    write_file_atomically(path, good, false);
    flip(path, offset);
    same_damage(t.check(false), plain);
  }
  write_file_atomically(path, good.substr(0, 10), false);
  same_damage(t.check(false), plain);
  write_file_atomically(path, good, false);
  const std::string packed = read_file(path + ".gz", 1 << 20);
  const Expected twin{{DamageKind::kCatalog, base + ".gz (catalog.base.C of fruit)"}};
  flip(path + ".gz", packed.size() / 2);
  same_damage(t.check(false), twin);
  write_file_atomically(path + ".gz", packed.substr(0, packed.size() - 3), false);
  same_damage(t.check(false), twin);
}

BOOST_AUTO_TEST_CASE(staging_areas) {
  Orchard t;
  lmdb::Env& env = t.repository->staging();
  std::string manifest;
  {
    lmdb::WriteTxn txn(env);
    {
      lmdb::Cursor cursor(txn, env.table(store::kStagedManifests));
      BOOST_TEST_REQUIRE(cursor.first());
      manifest = cursor.key();
    }
    txn.erase(env.table(store::kStagedManifests), manifest);
    txn.commit();
  }
  same_damage(t.check(), {{DamageKind::kStaging, kFig + " in staging area other"}});
  {
    lmdb::WriteTxn txn(env);
    txn.put(env.table(store::kStagedManifests), manifest, store::encode_manifest("set x\n"));
    txn.commit();
  }
  same_damage(t.check(), {{DamageKind::kStaging, kFig + " in staging area other"}});
}

BOOST_AUTO_TEST_CASE(an_imported_repository_has_no_damage) {
  TemporaryDirectory directory;
  const std::string command =
      "tar -xzf '" METASET_TEST_DATA "/repo.tar.gz' -C '" + directory.path() + "'";
  BOOST_TEST_REQUIRE(std::system(command.c_str()) == 0);
  for (const std::string name : {"repo-utf8", "repo-ascii"}) {
    const std::string root = directory.path() + "/" + name + "-metaset";
    pkg5::ImportResult result;
    pkg5::import_repository(directory.path() + "/" + name, root, {}, {}, result);
    store::Repository repository(root, store::Access::kRead);
    const VerifyReport report = verify(repository, {});
    same_damage(report, {});
    BOOST_TEST(report.payloads == result.payloads);
    BOOST_TEST(report.manifests == result.manifests);
    BOOST_TEST(report.stray_payloads == 0u);
    BOOST_TEST(report.other_texts == 0u);
  }
}

// Whatever byte of whatever record is changed: it is survived, and nearly always noticed.
BOOST_AUTO_TEST_CASE(any_damaged_record_is_survived) {
  Orchard t;
  constexpr store::CommittedTable kTables[] = {
      store::kMeta,   store::kMetasets, store::kPublishers,   store::kPublisherNames,
      store::kStates, store::kPackages, store::kTexts,        store::kOperations,
      store::kLogs,   store::kConfig,   store::kCatalogFiles, store::kManifests};
  const bool passed = rc::check([&] {
    const auto table = *rc::gen::elementOf(std::vector(std::begin(kTables), std::end(kTables)));
    const auto which = *rc::gen::inRange<std::size_t>(0, 20);
    const auto where = *rc::gen::inRange<std::size_t>(0, 400);
    const auto byte = *rc::gen::arbitrary<char>();
    const bool in_key = *rc::gen::inRange(0, 4) == 0;
    std::string key, good;
    {
      const lmdb::ReadTxn txn(t.repository->committed());
      lmdb::Cursor cursor(txn, t.repository->committed().table(table));
      RC_PRE(cursor.first());
      for (std::size_t i = 0; i < which; ++i) {
        if (!cursor.next()) cursor.first();
      }
      key = cursor.key();
      good = cursor.value();
    }
    std::string bad_key = key, bad = good;
    std::string& target = in_key ? bad_key : bad;
    if (target.empty()) return;
    byte == 'x' ? target.resize(where % target.size()) : void(target[where % target.size()] = byte);
    if (bad_key.empty()) return;
    if (bad_key != key) {
      const lmdb::ReadTxn txn(t.repository->committed());
      RC_PRE(!txn.get(t.repository->committed().table(table), bad_key));
    }
    t.erase(table, key);
    t.put(table, bad_key, bad);
    const VerifyReport report = t.check(false);
    t.erase(table, bad_key);
    t.put(table, key, good);
    // What follows from other rows is only compared as far as it matters; opening reads "format".
    constexpr store::CommittedTable kProved[] = {store::kMetasets, store::kPublishers,
                                                 store::kStates,   store::kTexts,
                                                 store::kConfig,   store::kOperations};
    const bool proved =
        std::find(std::begin(kProved), std::end(kProved), table) != std::end(kProved);
    if (proved && (bad != good || bad_key != key)) RC_ASSERT(!report.damage.empty());
    RC_ASSERT(t.check(false).damage.empty());
  });
  BOOST_TEST(passed);
}

}  // namespace
}  // namespace metaset::depot
