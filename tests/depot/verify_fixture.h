// A repository with a bit of everything, and ways to damage it behind the program's back.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "metaset/depot/verify.h"
#include "metaset/store/commit.h"
#include "metaset/store/staging.h"

#include "fixture.h"

namespace metaset::depot {

inline const std::string kApple1 = "pkg://fruit/apple@1,5.11-0:20240101T000000Z";
inline const std::string kApple2 = "pkg://fruit/apple@2,5.11-0:20240201T000000Z";
inline const std::string kPear = "pkg://fruit/pear@1,5.11-0:20240101T000000Z";
inline const std::string kKnife = "pkg://example.org/knife@1,5.11-0:20240101T000000Z";
inline const std::string kFig = "pkg://fruit/fig@1,5.11-0:20240101T000000Z";

// Five metasets, a removal, two publishers, shared payloads, catalog files on disk, a staged
// change.
struct Orchard {
  Orchard() {
    store::Repository::create(root, {"fruit", "example.org"}, default_config("fruit"),
                              {"tester", "made", Time{1'700'000'000'000'000}, true});
    repository = std::make_unique<store::Repository>(root, store::Access::kWrite);
    seed = repository->payloads().put_content("seed of an apple\n");
    peel = repository->payloads().put_content("peel of a pear\n");
    core = repository->payloads().put_content("core that is staged\n");
    publish({{kApple1, file(seed, "seed")}, {kPear, file(seed, "seed") + file(peel, "peel")}});
    publish({{kApple2, file(seed, "seed") + "depend type=require fmri=pear\n"}});
    publish({{kKnife, "set name=pkg.summary value=\"cuts\"\n"}});
    remove(kApple1);
    stage("other", kFig, file(core, "core"));
    store::finish_commit(*repository);
  }

  static std::string file(const store::PayloadFacts& facts, const std::string& path) {
    return "file " + facts.name + " chash=" + to_hex(facts.chash) +
           " group=root mode=0644 owner=root path=" + path +
           " pkg.csize=" + std::to_string(facts.csize) + " pkg.size=" + std::to_string(facts.size) +
           "\n";
  }
  void stage(const std::string& area, const std::string& fmri, const std::string& more) {
    store::Staging(repository->staging())
        .put(area, {"tester", 1}, store::ChangeKind::kAdd, ips::Fmri::parse(fmri),
             manifest_of(fmri, "set name=pkg.summary value=\"It is " + fmri + "\"\n" + more));
  }
  void publish(const std::vector<std::pair<std::string, std::string>>& packages) {
    for (const auto& [fmri, more] : packages) stage("default", fmri, more);
    commit();
  }
  void remove(const std::string& fmri) {
    store::Staging(repository->staging()).remove("default", {"tester", 1}, ips::Fmri::parse(fmri));
    commit();
  }
  void commit() {
    store::CommitOptions options;
    options.who = "tester";
    options.message = "test";
    store::commit(*repository, options);
  }

  VerifyReport check(bool payload_content = true) {
    VerifyOptions options;
    options.threads = 2;
    options.payload_content = payload_content;
    return verify(*repository, options);
  }

  // Changes the database behind the program's back.
  template <typename Change>
  void tamper(const Change& change) {
    lmdb::WriteTxn txn(repository->committed());
    change(txn, repository->committed());
    txn.commit();
  }
  void put(store::CommittedTable table, const std::string& key, const std::string& value) {
    tamper([&](lmdb::WriteTxn& txn, lmdb::Env& env) { txn.put(env.table(table), key, value); });
  }
  void erase(store::CommittedTable table, const std::string& key) {
    tamper([&](lmdb::WriteTxn& txn, lmdb::Env& env) {
      BOOST_TEST_REQUIRE(txn.erase(env.table(table), key));
    });
  }
  std::string get(store::CommittedTable table, const std::string& key) {
    const lmdb::ReadTxn txn(repository->committed());
    return std::string(txn.get(repository->committed().table(table), key).value());
  }
  template <typename Record, typename Change>
  void alter(store::CommittedTable table, const std::string& key, const Change& change) {
    Record record = Record::decode(get(table, key));
    change(record);
    put(table, key, record.encode());
  }
  std::string row_key(const std::string& fmri) {
    const ips::Fmri name = ips::Fmri::parse(fmri);
    const lmdb::ReadTxn txn(repository->committed());
    const store::View view(repository->committed(), txn, 4);
    return view.find_visible(view.publisher(name.publisher)->id, name.name, *name.version)->key;
  }
  store::PackageEntry entry(const std::string& fmri) {
    return store::PackageEntry::decode(get(store::kPackages, row_key(fmri)));
  }

  TemporaryDirectory directory;
  std::string root = directory.path() + "/repo";
  std::unique_ptr<store::Repository> repository;
  store::PayloadFacts seed, peel, core;
};

using Expected = std::vector<std::pair<DamageKind, std::string>>;

inline void same_damage(const VerifyReport& report, const Expected& expected) {
  std::multiset<std::string> found, wanted;
  for (const Damage& d : report.damage) {
    BOOST_TEST_MESSAGE(damage_kind_name(d.kind) << ": " << d.what << ": " << d.reason);
    found.insert(std::string(damage_kind_name(d.kind)) + " " + d.what);
  }
  for (const auto& [kind, what] : expected) {
    wanted.insert(std::string(damage_kind_name(kind)) + " " + what);
  }
  BOOST_TEST(found == wanted, boost::test_tools::per_element());
}

inline void flip(const std::string& path, std::size_t offset) {
  std::string bytes = read_file(path, 1 << 20);
  BOOST_TEST_REQUIRE(offset < bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
  write_file_atomically(path, bytes, false);
}

}  // namespace metaset::depot
