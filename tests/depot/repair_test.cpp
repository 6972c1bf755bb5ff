// What is damaged is mended from sources, also bad ones, and nothing else is touched.
#include "metaset/depot/repair.h"

#include <sys/stat.h>

#include "metaset/base/gzip.h"
#include "metaset/depot/audited.h"
#include "metaset/store/audit.h"
#include "metaset/store/layout.h"
#include "metaset/store/payload_lock.h"

#include "depot/verify_state.h"
#include "verify_fixture.h"

namespace metaset::depot {
namespace {

// Offers bytes of its own under every name.
struct Liar : store::ContentSource {
  explicit Liar(std::string offered, std::string text = {})
      : bytes(std::move(offered)), manifest_text(std::move(text)) {}
  const std::string& name() const override { return label; }
  bool manifest(const store::WantedManifest&, const store::ManifestTaker& take) override {
    ++asked;
    return take(std::string(manifest_text));
  }
  bool payload(const store::WantedPayload&, store::PayloadTaker& taker) override {
    ++asked;
    for (unsigned i = 0; i < 2; ++i) {  // as one that starts anew
      taker.begin();
      for (std::uint64_t sent = 0; sent < repeated; ++sent) {
        if (!taker.write(bytes)) return false;
        ++written;
      }
    }
    return taker.end();
  }
  std::string label = "liar", bytes, manifest_text;
  std::uint64_t repeated = 1, written = 0;
  unsigned asked = 0;
};

// An orchard and another one with the same content.
struct Repairs : Orchard {
  Repairs() {
    other.repository.reset();  // so that it can be opened as a source
  }
  void add_other() { sources.push_back(store::repository_source(other.root)); }
  Liar& add_liar(std::string bytes, std::string text = {}) {
    auto liar = std::make_unique<Liar>(std::move(bytes), std::move(text));
    Liar& result = *liar;
    sources.push_back(std::move(liar));
    return result;
  }
  RepairReport run(bool content = true) {
    options.threads = 2;
    options.payload_content = content;
    const RepairReport report = repair(*repository, sources, options);
    for (const Repair& one : report.repairs) {
      BOOST_TEST_MESSAGE(repair_outcome_name(one.outcome)
                         << ": " << one.damage.what << ": " << one.how);
    }
    for (const std::string& file : list_directory(store::payload_directory(root))) {
      BOOST_TEST(!file.starts_with('.'));
    }
    return report;
  }
  void expect(const RepairReport& report, std::uint64_t repaired, std::uint64_t left) {
    BOOST_TEST(report.count(RepairOutcome::kRepaired) == repaired);
    BOOST_TEST(report.left() == left);
  }
  std::string path(const store::PayloadFacts& facts, const std::string& publisher = {}) const {
    return repository->payloads().path(facts.name, publisher);
  }
  // Flips a bit of the payload and of the links to it.
  void ruin(const store::PayloadFacts& facts) {
    flip(path(facts), facts.csize - 12);
    if (file_info(path(facts, "fruit"))) repository->payloads().assign(facts.name, "fruit");
  }
  void check_whole() {
    same_damage(check(), {});
    for (const auto& facts : {seed, peel}) {
      BOOST_TEST(repository->payloads().is_assigned(facts.name, "fruit"));
    }
  }

  Orchard other;
  Sources sources;
  RepairOptions options;
};

BOOST_FIXTURE_TEST_SUITE(repair_suite, Repairs)

BOOST_AUTO_TEST_CASE(nothing_is_damaged) {
  Liar& liar = add_liar("x");
  const RepairReport report = run();
  BOOST_TEST(report.repairs.empty());
  BOOST_TEST(report.payloads == 3u);
  BOOST_TEST(liar.asked == 0u);
}

BOOST_AUTO_TEST_CASE(a_payload_that_is_gone_with_its_links) {
  remove_file(path(seed));
  remove_file(path(seed, "fruit"));
  add_other();
  expect(run(), 1, 0);
  check_whole();
  struct stat info {};
  BOOST_REQUIRE(::stat(path(seed).c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0644u);
}

// A hard link has outlived its payload: no source is needed.
BOOST_AUTO_TEST_CASE(a_payload_whose_link_is_still_there) {
  remove_file(path(seed));
  const RepairReport report = run();
  expect(report, 1, 0);
  BOOST_TEST(report.repairs.at(0).how == "from this repository");
  check_whole();
}

BOOST_AUTO_TEST_CASE(payloads_that_are_flipped_or_cut_short_get_new_links) {
  ruin(seed);
  write_file_atomically(path(peel), read_file(path(peel), 1000).substr(0, 20), false);
  flip(path(peel, "fruit"), 12);
  flip(path(core), 13);
  add_other();
  expect(run(), 4, 0);
  check_whole();
}

BOOST_AUTO_TEST_CASE(by_size_only) {
  ruin(seed);
  write_file_atomically(path(peel), "short", false);
  add_other();
  expect(run(false), 1, 0);
  expect(run(true), 1, 0);
  check_whole();
}

BOOST_AUTO_TEST_CASE(links_of_publishers) {
  remove_file(path(peel, "fruit"));
  write_file_atomically(path(seed, "fruit"), "something else", false);
  expect(run(), 2, 0);
  check_whole();
}

BOOST_AUTO_TEST_CASE(manifests_that_are_missing_or_altered) {
  const std::string apple(bytes_of(entry(kApple2).manifest)), pear(bytes_of(entry(kPear).manifest));
  const std::string good = get(store::kManifests, pear);
  erase(store::kManifests, apple);
  std::string bad = good;
  bad.back() = static_cast<char>(bad.back() ^ 1);
  put(store::kManifests, pear, bad);
  add_other();
  expect(run(), 2, 0);
  BOOST_TEST((get(store::kManifests, pear) == good));
  check_whole();
}

// While its manifest is missing nobody knows that the payload is needed.
BOOST_AUTO_TEST_CASE(a_manifest_and_its_payload) {
  erase(store::kManifests, std::string(bytes_of(entry(kPear).manifest)));
  remove_file(path(peel));
  remove_file(path(peel, "fruit"));
  add_other();
  expect(run(), 2, 0);
  check_whole();
}

BOOST_AUTO_TEST_CASE(sources_that_lie_change_nothing) {
  const std::string key(bytes_of(entry(kPear).manifest));
  const std::string bad_row = "r" + std::string(7, '\0') +
                              "\x03"
                              "abc";
  put(store::kManifests, key, bad_row);
  ruin(seed);
  remove_file(path(core));
  const std::string damaged = read_file(path(seed), 1000);
  add_liar(gzip("other content\n", 9), "set name=pkg.fmri value=" + kPear + "\n");
  add_liar("no gzip", "");
  add_liar(gzip("seed of an apple\n", 9).substr(0, 25), std::string(1 << 20, '\0'));
  const RepairReport report = run();
  expect(report, 0, 3);
  BOOST_TEST(get(store::kManifests, key) == bad_row);
  BOOST_TEST((read_file(path(seed), 1000) == damaged));
  BOOST_TEST(!file_info(path(core)).has_value());
  for (const Repair& one : report.repairs) BOOST_TEST(one.how.find("liar: ") != std::string::npos);
  // The next source is honest.
  add_other();
  expect(run(), 3, 0);
  check_whole();
}

BOOST_AUTO_TEST_CASE(what_has_no_end_is_cut_off) {
  remove_file(path(core));
  Liar& endless = add_liar(std::string(1000, 'x'));
  endless.bytes = gzip("core", 9).substr(0, 10) + std::string(1000, '\xff');
  endless.repeated = ~std::uint64_t{0};
  // Stored blocks without end: a gzip file as large as its content.
  Liar& stored = add_liar(std::string("\x00\xe8\x03\x17\xfc", 5) + std::string(1000, 's'));
  stored.bytes.insert(0, kPkgGzipHeader);
  stored.repeated = 100;
  // A bomb: a gigabyte in a megabyte.
  Liar& bomb = add_liar(gzip(std::string(64 << 20, '\0'), 9));
  const RepairReport report = run();
  expect(report, 0, 1);
  BOOST_TEST(endless.written < 10u);
  BOOST_TEST(bomb.written == 0u);
  BOOST_TEST(report.repairs.at(0).how.find("its content is larger") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_right_content_in_another_compression_is_compressed_again) {
  remove_file(path(core));
  add_liar(gzip("core that is staged\n", 0));
  const RepairReport report = run();
  expect(report, 1, 0);
  BOOST_TEST(report.repairs.at(0).how == "compressed again, from liar");
  check_whole();
  // What is here already will do.
  write_file_atomically(path(peel), gzip("peel of a pear\n", 0), false);
  repository->payloads().assign(peel.name, "fruit");
  sources.clear();
  const RepairReport own = run();
  expect(own, 1, 0);
  BOOST_TEST(own.repairs.at(0).how == "compressed again, from this repository");
  check_whole();
}

BOOST_AUTO_TEST_CASE(while_something_is_published_the_right_content_stays_as_it_is) {
  write_file_atomically(path(peel), gzip("peel of a pear\n", 0), false);
  repository->payloads().assign(peel.name, "fruit");
  {
    const store::PayloadUse use(root);
    expect(run(), 0, 1);
  }
  const std::string open = store::staging_directory(root) + "/open/x";
  make_directories(open);
  expect(run(), 0, 1);
  BOOST_TEST((read_file(path(peel), 1000) == gzip("peel of a pear\n", 0)));
  remove_tree(open);
  expect(run(), 1, 0);
  // What is broken is replaced all the same.
  make_directories(open);
  ruin(seed);
  add_other();
  expect(run(), 1, 0);
}

// A manifest claims a compression that nobody can make: the content is better than nothing.
BOOST_AUTO_TEST_CASE(what_is_not_as_claimed_is_taken_in_place_of_nothing) {
  store::PayloadFacts strange = repository->payloads().put_content("strange\n");
  const std::string whole = path(strange);
  strange.csize += 1;
  publish({{"pkg://fruit/plum@1,5.11-0:20240301T000000Z", file(strange, "plum")}});
  remove_file(whole);
  remove_file(path(strange, "fruit"));
  add_liar(gzip("strange\n", 9));
  const RepairReport report = run();
  BOOST_TEST_REQUIRE(report.repairs.size() == 1u);
  BOOST_TEST((report.repairs[0].outcome == RepairOutcome::kPartly));
  BOOST_TEST(report.left() == 1u);
  BOOST_TEST(report.repairs[0].how.find("pkg.csize") != std::string::npos);
  BOOST_TEST((read_file(whole, 1000) == gzip("strange\n", 9)));
  BOOST_TEST(repository->payloads().is_assigned(strange.name, "fruit"));
  // It cannot become better.
  const auto before = file_info(whole)->inode;
  expect(run(), 0, 1);
  BOOST_TEST(file_info(whole)->inode == before);
}

BOOST_AUTO_TEST_CASE(what_only_the_database_has_is_left) {
  alter<store::PackageEntry>(store::kPackages, row_key(kPear),
                             [](store::PackageEntry& entry) { entry.obsolete = true; });
  remove_file(path(core));
  add_other();
  const RepairReport report = run();
  BOOST_TEST(report.count(RepairOutcome::kRepaired) == 1u);
  BOOST_TEST(report.left() >= 1u);
  for (const Repair& one : report.repairs) {
    if (one.outcome == RepairOutcome::kLeft) {
      BOOST_TEST(one.how.find("restore the repository from a backup") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(catalog_files_are_made_again) {
  std::string damaged;
  const std::string top = store::catalog_directory(root);
  for (const std::string& sub : list_directory(top)) {
    if (sub.size() != 2) continue;
    for (const std::string& name : list_directory(top + "/" + sub)) {
      if (damaged.empty()) damaged = top + "/" + sub + "/" + name;
    }
  }
  BOOST_TEST_REQUIRE(!damaged.empty());
  const std::string whole = read_file(damaged, 1 << 20);
  flip(damaged, whole.size() / 2);
  expect(run(), 1, 0);
  same_damage(check(), {});
  const auto again = read_file_if_exists(damaged, 1 << 20);
  BOOST_TEST((!again || *again == whole));
}

BOOST_AUTO_TEST_CASE(a_dry_run_changes_nothing) {
  ruin(seed);
  erase(store::kManifests, std::string(bytes_of(entry(kApple2).manifest)));
  remove_file(path(peel, "fruit"));
  Liar& liar = add_liar("x");
  options.dry_run = true;
  const RepairReport report = run();
  BOOST_TEST(report.count(RepairOutcome::kRepairable) == 3u);
  BOOST_TEST(report.repairs.size() == 3u);
  BOOST_TEST(liar.asked == 0u);
  BOOST_TEST(check().damage.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_verification_in_rounds_forgets_what_was_mended) {
  ruin(seed);
  remove_file(path(core));
  VerifyOptions rounds;
  rounds.resume = true;
  verify(*repository, rounds);
  BOOST_TEST(VerifyStateFile(root).state.damaged.size() == 2u);
  sources.push_back(std::make_unique<Liar>(gzip("seed of an apple\n", 9)));
  expect(run(), 1, 1);
  const auto& damaged = VerifyStateFile(root).state.damaged;
  BOOST_TEST(damaged == std::set<std::string>{core.name}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_what_is_known) {
  ruin(seed);
  options.known_only = true;
  add_other();
  BOOST_TEST(run().repairs.empty());
  VerifyOptions rounds;
  rounds.resume = true;
  verify(*repository, rounds);
  remove_file(path(core));  // afterwards
  const RepairReport report = run();
  expect(report, 1, 0);
  BOOST_TEST(report.payloads == 1u);
  same_damage(check(), {{DamageKind::kPayload, core.name}});
  BOOST_TEST(VerifyStateFile(root).state.damaged.empty());
}

BOOST_AUTO_TEST_CASE(the_audit_tells_of_it) {
  remove_file(path(core));
  ruin(seed);
  add_liar(gzip("core that is staged\n", 9));
  repair_repository(*repository, {"local:tester", {}}, sources, options);
  std::vector<std::string> told;
  store::Audit(repository->staging()).for_each(10, [&](const store::AuditRecord& record) {
    if (record.event == "repair") told.push_back(record.object + ": " + record.result);
  });
  const std::vector<std::string> expected{"payload " + core.name + ": ok: from liar",
                                          "repository: ok: 1 mended, 1 left"};
  BOOST_TEST(told == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
