// Every kind of damage to the database's rows is named, and nothing else is.
#include "metaset/store/active.h"

#include "verify_fixture.h"

namespace metaset::depot {
namespace {

BOOST_AUTO_TEST_CASE(altered_metasets) {
  Orchard t;
  const std::string key = store::u64_key(3);
  const std::string good = t.get(store::kMetasets, key);
  using Record = store::MetasetRecord;
  const std::vector<std::function<void(Record&)>> changes{
      [](Record& r) { r.message = "another"; },
      [](Record& r) { r.who = "another"; },
      [](Record& r) { ++r.time.micros; },
      [](Record& r) { r.time = Time{}; },
      [](Record& r) { r.number = 9; },
      [](Record& r) { r.parent = 1; },
      [](Record& r) { r.content[5] ^= 1; },
      [](Record& r) { ++r.packages; },
      [](Record& r) { ++r.publishers.at(0).added; },
      [](Record& r) { r.publishers.clear(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    t.put(store::kMetasets, key, good);
    t.alter<Record>(store::kMetasets, key, changes[i]);
    BOOST_TEST_CONTEXT("change " << i)
    same_damage(t.check(false), {{DamageKind::kMetaset, "metaset 3"}});
  }
  t.put(store::kMetasets, key, good.substr(0, 20));
  same_damage(t.check(false), {{DamageKind::kMetaset, "metaset 3"}});
  t.erase(store::kMetasets, key);
  same_damage(t.check(false), {{DamageKind::kMetaset, "metaset 3"}});
}

BOOST_AUTO_TEST_CASE(a_changed_digest_breaks_the_chain) {
  Orchard t;
  t.alter<store::MetasetRecord>(store::kMetasets, store::u64_key(3),
                                [](auto& record) { record.digest[0] ^= 1; });
  same_damage(t.check(false),
              {{DamageKind::kMetaset, "metaset 3"}, {DamageKind::kMetaset, "metaset 4"}});
}

BOOST_AUTO_TEST_CASE(an_active_metaset_that_is_not_there) {
  Orchard t;
  for (const std::string& value : {store::u64_key(77), std::string("x"), store::u64_key(0)}) {
    t.put(store::kMeta, "active", value);
    same_damage(t.check(false), {{DamageKind::kMetaset, "active metaset"}});
  }
  t.erase(store::kMeta, "active");
  same_damage(t.check(false), {{DamageKind::kMetaset, "active metaset"}});
}

BOOST_AUTO_TEST_CASE(a_scheduled_metaset_that_cannot_become_active) {
  Orchard t;
  const auto scheduled = [](store::MetasetNumber active, store::MetasetNumber next) {
    return store::ActiveRecord{active, store::Schedule{next, Time{now().micros + 3'600'000'000}}}
        .encode();
  };
  t.put(store::kMeta, "active", scheduled(4, 5));
  same_damage(t.check(false), {});
  t.put(store::kMeta, "active", scheduled(4, 77));
  same_damage(t.check(false), {{DamageKind::kMetaset, "scheduled metaset"}});
  t.put(store::kMeta, "active", scheduled(4, 3));
  same_damage(t.check(false), {{DamageKind::kMetaset, "scheduled metaset"}});
  t.put(store::kMeta, "active", scheduled(77, 5));
  same_damage(t.check(false), {{DamageKind::kMetaset, "active metaset"},
                               {DamageKind::kMetaset, "scheduled metaset"}});
  t.put(store::kMeta, "active", scheduled(4, 5).substr(1));
  same_damage(t.check(false), {{DamageKind::kMetaset, "active metaset"}});
}

BOOST_AUTO_TEST_CASE(lost_operations) {
  for (const std::uint64_t sequence : {0u, 1u, 2u, 3u}) {
    Orchard t;
    t.erase(store::kOperations, store::pair_key(1, sequence));
    same_damage(t.check(false),
                {{DamageKind::kOperation, "operation " + std::to_string(sequence) + " of fruit"}});
  }
  Orchard t;
  t.erase(store::kOperations, store::pair_key(1, 1));
  t.erase(store::kOperations, store::pair_key(1, 2));
  same_damage(t.check(false), {{DamageKind::kOperation, "operations 1 to 2 of fruit"}});
}

BOOST_AUTO_TEST_CASE(altered_operations) {
  Orchard t;
  const std::string key = store::pair_key(1, 2);
  const std::string good = t.get(store::kOperations, key);
  using Record = store::OperationRecord;
  const Expected operation{{DamageKind::kOperation, "operation 2 of fruit"}};
  const std::vector<std::pair<std::function<void(Record&)>, Expected>> changes{
      {[](Record& r) { r.metaset = 99; }, operation},
      {[](Record& r) { r.metaset = 1; }, operation},
      {[](Record& r) { r.entry = 1; }, operation},
      {[](Record& r) { r.version = "x"; }, operation},
      {[](Record& r) { ++r.time.micros; }, {{DamageKind::kMetaset, "metaset 3"}}},
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    t.put(store::kOperations, key, good);
    t.alter<Record>(store::kOperations, key, changes[i].first);
    const VerifyReport report = t.check(false);
    BOOST_TEST_CONTEXT("change " << i) {
      // An operation that leads to no row also makes the row an orphan: both may be named.
      BOOST_TEST(report.damage.size() >= 1u);
      const auto& wanted = changes[i].second.front();
      BOOST_TEST(std::count_if(report.damage.begin(), report.damage.end(), [&](const Damage& d) {
                   return d.kind == wanted.first && d.what == wanted.second;
                 }) == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(altered_package_rows) {
  Orchard t;
  const std::string key = t.row_key(kPear);
  const std::string good = t.get(store::kPackages, key);
  using Row = store::PackageEntry;
  const std::vector<std::function<void(Row&)>> changes{
      [](Row& r) { r.added_in = 4; },
      [](Row& r) { r.added_in = 1000; },
      [](Row& r) { r.removed_in = 4; },
      [](Row& r) { r.version = "7,5.11-0:20240101T000000Z"; },
      [](Row& r) { r.manifest_sha1[3] ^= 1; },
      [](Row& r) { r.manifest = {}; },
      [](Row& r) { r.obsolete = true; },
      [](Row& r) { r.renamed = true; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    t.put(store::kPackages, key, good);
    t.alter<Row>(store::kPackages, key, changes[i]);
    const VerifyReport report = t.check(false);
    BOOST_TEST_CONTEXT("change " << i) {
      BOOST_TEST_REQUIRE(report.damage.size() == 1u);
      BOOST_TEST((report.damage[0].kind == DamageKind::kPackage));
      BOOST_TEST(report.damage[0].what.starts_with("pkg://fruit/pear"));
    }
  }
  t.put(store::kPackages, key, good.substr(0, 30));
  same_damage(t.check(false), {{DamageKind::kPackage, "pkg://fruit/pear"}});
  t.erase(store::kPackages, key);
  same_damage(t.check(false), {{DamageKind::kPackage, kPear}});
}

BOOST_AUTO_TEST_CASE(a_removal_that_is_not_in_the_row) {
  Orchard t;
  t.alter<store::PackageEntry>(store::kPackages, t.row_key(kApple1),
                               [](auto& row) { row.removed_in = 0; });
  same_damage(t.check(false), {{DamageKind::kPackage, kApple1}});
}

BOOST_AUTO_TEST_CASE(a_row_with_other_texts_is_found_by_its_metaset) {
  Orchard t;
  const auto texts = t.entry(kApple2).summary;
  t.alter<store::PackageEntry>(store::kPackages, t.row_key(kKnife),
                               [&](auto& row) { row.summary = texts; });
  t.tamper([](lmdb::WriteTxn& txn, lmdb::Env& env) {
    std::vector<std::string> keys;
    {
      lmdb::Cursor cursor(txn, env.table(store::kCatalogFiles));
      for (bool more = cursor.first(); more; more = cursor.next()) keys.emplace_back(cursor.key());
    }
    for (const std::string& key : keys) txn.erase(env.table(store::kCatalogFiles), key);
  });
  const VerifyReport report = t.check(false);
  same_damage(report, {{DamageKind::kMetaset, "metaset 4"}});
  BOOST_TEST(report.other_texts == 1u);
}

BOOST_AUTO_TEST_CASE(texts_of_the_catalog) {
  for (const bool missing : {false, true}) {
    Orchard t;
    const store::TextId id = t.entry(kApple2).dependency.value();
    const std::string key(bytes_of(id));
    missing ? t.erase(store::kTexts, key) : t.put(store::kTexts, key, "[\"another\"]");
    const VerifyReport report = t.check();
    same_damage(report, {{DamageKind::kText, to_hex(id)}});
    BOOST_TEST(report.damage.at(0).needed_by == std::vector<std::string>{kApple2},
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(states_and_publishers) {
  Orchard t;
  const std::string key = store::pair_key(1, 3);
  const std::string good = t.get(store::kStates, key);
  const Expected fruit{{DamageKind::kPublisher, "fruit"}};
  using State = store::PublisherState;
  const std::vector<std::function<void(State&)>> changes{
      [](State& s) { ++s.packages; },
      [](State& s) { --s.package_versions; },
      [](State& s) { ++s.next_sequence; },
  };
  for (const auto& change : changes) {
    t.put(store::kStates, key, good);
    t.alter<State>(store::kStates, key, change);
    same_damage(t.check(false), fruit);
  }
  t.put(store::kStates, key, "");
  same_damage(t.check(false), fruit);
  t.erase(store::kStates, key);
  same_damage(t.check(false), fruit);
  t.put(store::kStates, key, good);
  t.put(store::kPublishers, store::u32_key(1), "?");
  same_damage(t.check(false), fruit);
  t.erase(store::kPublishers, store::u32_key(1));
  same_damage(t.check(false), fruit);
}

BOOST_AUTO_TEST_CASE(a_damaged_configuration) {
  Orchard t;
  t.put(store::kConfig, store::pair_key(0, 1), "{\"publisher\":");
  same_damage(t.check(false), {{DamageKind::kPublisher, "configuration"}});
}

BOOST_AUTO_TEST_CASE(update_logs) {
  Orchard t;
  const lmdb::Env& env = t.repository->committed();
  std::string key, name;
  {
    const lmdb::ReadTxn txn(env);
    const auto logs = store::View(env, txn, 2).logs(1);
    BOOST_TEST_REQUIRE(logs.size() == 1u);
    key = store::logs_prefix(1, logs[0].hour, "C") + store::u64_key(2);
    name = logs[0].file_name() + " of fruit";
  }
  const Expected expected{{DamageKind::kCatalog, name}};
  t.alter<store::LogRecord>(store::kLogs, key, [](auto& log) { log.end = 1; });
  same_damage(t.check(false), expected);
  t.put(store::kLogs, key, "");
  same_damage(t.check(false), expected);
  t.erase(store::kLogs, key);
  same_damage(t.check(false), expected);
}

BOOST_AUTO_TEST_CASE(a_missing_manifest) {
  Orchard t;
  t.erase(store::kManifests, std::string(bytes_of(t.entry(kApple1).manifest)));
  same_damage(t.check(), {{DamageKind::kManifest, kApple1}});
}

BOOST_AUTO_TEST_CASE(recorded_catalog_digests) {
  Orchard t;
  std::string key;
  {
    const lmdb::ReadTxn txn(t.repository->committed());
    const store::View view(t.repository->committed(), txn, 5);
    const auto fruit = *view.publisher("fruit");
    key = store::find_catalog_file(view, fruit, view.state(fruit.id), "catalog.summary.C")->key();
  }
  t.alter<store::CatalogFileRecord>(store::kCatalogFiles, key, [](auto& r) { r.sha1[0] ^= 1; });
  const Expected expected{{DamageKind::kCatalog, "catalog.summary.C of fruit"}};
  same_damage(t.check(false), expected);
  t.put(store::kCatalogFiles, key, "short");
  same_damage(t.check(false), expected);
}

}  // namespace
}  // namespace metaset::depot
