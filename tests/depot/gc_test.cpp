// Collection: what goes, what stays, and who may rely on what stays.
#include "metaset/depot/gc.h"

#include <chrono>
#include <thread>

#include "metaset/depot/publication.h"
#include "metaset/store/active.h"
#include "metaset/store/payload_lock.h"
#include "metaset/store/rollback.h"
#include "metaset/store/statement.h"
#include "metaset/store/tags.h"

#include "../base/key_files.h"
#include "body_reader.h"
#include "verify_fixture.h"

namespace metaset::depot {
namespace {

struct Collected : Orchard {
  GcReport collect(GcRules rules, bool dry_run = false) {
    GcOptions options;
    options.rules = rules;
    options.dry_run = dry_run;
    return collect_garbage(*repository, options);
  }
  GcReport keep_last(std::uint64_t count) {
    GcRules rules;
    rules.keep_last = count;
    return collect(rules);
  }
  bool is_seen(store::MetasetNumber number) const {
    try {
      store::require_metaset(*repository, std::to_string(number));
      return true;
    } catch (const Error& error) {
      BOOST_TEST(error.message().find("collected") != std::string::npos);
      return false;
    }
  }
  bool has_manifest(const std::string& fmri_text) const {
    const lmdb::Env& env = std::as_const(*repository).committed();
    const lmdb::ReadTxn txn(env);
    const store::View view(env, txn, store::View::latest_number(env, txn));
    const ips::Fmri fmri = ips::Fmri::parse(fmri_text);
    const auto entry = view.find(view.publisher(fmri.publisher)->id, fmri.name, *fmri.version);
    return entry && view.manifest(entry->manifest);
  }
  bool has(const store::PayloadFacts& payload) const {
    return repository->payloads().has(payload.name);
  }
  void require_whole() {
    for (const Damage& one : verify(*repository, {}).damage) {
      BOOST_ERROR(one.what << ": " << one.reason);
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(gc, Collected)

BOOST_AUTO_TEST_CASE(without_a_rule_only_what_nothing_refers_to_goes) {
  const auto stray = repository->payloads().put_content("nobody wants this");
  const GcReport would = collect({}, true);
  BOOST_TEST(has(stray));
  const GcReport done = collect({});
  BOOST_TEST(!has(stray));
  for (const GcReport* report : {&would, &done}) {
    BOOST_TEST(report->forgotten.empty());
    BOOST_TEST(report->kept == 5u);
    BOOST_TEST(report->manifests.count == 0u);
    BOOST_TEST(report->payloads.count == 1u);
    BOOST_TEST(report->payloads.bytes == stray.csize);
  }
  BOOST_TEST(has_manifest(kApple1));
  for (const auto& payload : {seed, peel, core}) BOOST_TEST(has(payload));
  require_whole();
}

BOOST_AUTO_TEST_CASE(what_becomes_active_later_is_kept_and_what_has_become_so_is_final) {
  const auto set = [&](store::MetasetNumber active, store::MetasetNumber next, Time at) {
    lmdb::Env& env = repository->committed();
    lmdb::WriteTxn txn(env);
    txn.put(env.table(store::kMeta), "active",
            store::ActiveRecord{active, store::Schedule{next, at}}.encode());
    txn.commit();
  };
  set(2, 4, Time{now().micros + 3'600'000'000});
  BOOST_TEST(keep_last(1).forgotten.size() == 1u);
  for (const store::MetasetNumber kept : {2u, 3u, 4u, 5u}) BOOST_TEST(is_seen(kept));
  set(2, 4, Time{now().micros - 1});
  BOOST_TEST(keep_last(1).forgotten.size() == 2u);
  const lmdb::ReadTxn txn(repository->committed());
  const auto record = store::active_record(repository->committed(), txn);
  BOOST_TEST(record.number == 4u);
  BOOST_TEST(!record.schedule);
}

BOOST_AUTO_TEST_CASE(the_newest_are_kept) {
  const auto only_old = repository->payloads().put_content("only in the first apple");
  const std::string old = "pkg://fruit/apple@0.1,5.11-0:20230101T000000Z";
  publish({{old, file(only_old, "old")}});  // 6
  remove(old);                              // 7
  GcRules rules;
  rules.keep_last = 1;
  const GcReport would = collect(rules, true);
  BOOST_TEST(is_seen(2));
  BOOST_TEST(has_manifest(kApple1));
  const GcReport done = collect(rules);
  for (const GcReport* report : {&would, &done}) {
    BOOST_TEST(report->forgotten == (std::vector<store::MetasetNumber>{1, 2, 3, 4, 5, 6}),
               boost::test_tools::per_element());
    BOOST_TEST(report->kept == 1u);
    BOOST_TEST(report->collected == 6u);
    BOOST_TEST(report->manifests.count == 2u);
    BOOST_TEST(report->payloads.count == 1u);
    BOOST_TEST(report->links == 1u);
  }
  for (store::MetasetNumber n = 1; n < 7; ++n) BOOST_TEST(!is_seen(n));
  BOOST_TEST(is_seen(7));
  BOOST_TEST(!has_manifest(kApple1));
  BOOST_TEST(has_manifest(kApple2));
  BOOST_TEST(!has(only_old));
  BOOST_TEST(has(seed));
  require_whole();
  const GcReport again = collect(rules);
  BOOST_TEST(again.forgotten.empty());
  BOOST_TEST(again.manifests.count + again.payloads.count + again.links == 0u);
  // What was collected can be published anew.
  repository->payloads().put_content("only in the first apple");
  publish({{old, file(only_old, "old")}});
  BOOST_TEST(has_manifest(old));
  require_whole();
}

BOOST_AUTO_TEST_CASE(a_tag_keeps_a_metaset) {
  store::set_tag(*repository, "release", 2, "t", false);
  GcRules rules;
  rules.keep_tagged = true;
  BOOST_TEST(collect(rules).forgotten.size() == 3u);
  BOOST_TEST(is_seen(2));
  BOOST_TEST(!is_seen(3));
  BOOST_TEST(is_seen(5));
  BOOST_TEST(has_manifest(kApple1));
  require_whole();
  // And can be rolled back to, byte for byte the packages of then.
  store::RollbackOptions options;
  options.number = 2;
  BOOST_TEST(store::rollback(*repository, options).has_value());
  require_whole();
  store::remove_tag(*repository, "release");
  keep_last(1);
  BOOST_TEST(!is_seen(2));
  BOOST_TEST(has_manifest(kApple1));  // the rollback has it
  BOOST_TEST(!has_manifest(kApple2));
  require_whole();
}

BOOST_AUTO_TEST_CASE(what_was_the_newest_at_a_time_is_kept) {
  const auto time_of = [&](store::MetasetNumber number) {
    const lmdb::ReadTxn txn(repository->committed());
    return store::View::record_of(repository->committed(), txn, number)->time;
  };
  GcRules rules;
  rules.keep_since = Time{time_of(4).micros - 1};  // 3 was the newest one then
  collect(rules);
  BOOST_TEST(!is_seen(2));
  BOOST_TEST(is_seen(3));
  rules.keep_since = time_of(4);
  collect(rules);
  BOOST_TEST(!is_seen(3));
  BOOST_TEST(is_seen(4));
  rules.keep_since = Time{1};  // before all
  BOOST_TEST(collect(rules).forgotten.empty());
}

BOOST_AUTO_TEST_CASE(the_active_metaset_and_held_ones_are_kept) {
  stage("default", "pkg://fruit/held@1,5.11-0:20240101T000000Z", "");
  store::CommitOptions options;
  options.activate = false;
  store::commit(*repository, options);
  keep_last(1);
  BOOST_TEST(is_seen(5));
  BOOST_TEST(is_seen(6));
  BOOST_TEST(!is_seen(4));
  require_whole();
}

BOOST_AUTO_TEST_CASE(a_publisher_loses_its_link_when_none_of_its_packages_has_the_payload) {
  publish({{"pkg://example.org/seeds@1,5.11-0:20240101T000000Z", file(seed, "seed")}});
  for (const char* prefix : {"fruit", "example.org"}) {
    repository->payloads().assign(seed.name, prefix);
  }
  remove("pkg://example.org/seeds@1,5.11-0:20240101T000000Z");
  const GcReport done = keep_last(1);
  BOOST_TEST(done.links == 1u);
  BOOST_TEST(done.payloads.count == 0u);
  BOOST_TEST(!repository->payloads().is_assigned(seed.name, "example.org"));
  BOOST_TEST(repository->payloads().is_assigned(seed.name, "fruit"));
  require_whole();
}

BOOST_AUTO_TEST_CASE(statements_about_collected_metasets_go) {
  const KeyFiles keys;
  keys.make("one", ed25519());
  const Key key = Key::read_private(keys.path("one.key"));
  for (const store::MetasetNumber n : {3, 5}) store::sign_metaset(*repository, n, key);
  keep_last(1);
  const lmdb::ReadTxn txn(repository->committed());
  BOOST_TEST(store::statements_of(repository->committed(), txn, 3).empty());
  BOOST_TEST(store::statements_of(repository->committed(), txn, 5).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_client_that_publishes_was_told_is_there_stays) {
  const auto asked = repository->payloads().put_content("asked for");
  Publication publication(*repository, PublicationLimits{}, [] {});
  const Publication::Caller caller{{"user:jane", "default"}, "127.0.0.1"};
  const auto record = publication.open(
      caller,
      publication.requested_fmri({"pkg://fruit/new@1,5.11-0:20240601T080000Z", "5.11", ""}));
  BOOST_TEST(repository->payloads().promise(asked.name));
  GcReport done = collect({});
  BOOST_TEST(done.payloads.count == 0u);
  BOOST_TEST(done.spared.count == 1u);
  BOOST_TEST(done.spared.bytes == asked.csize);
  publication.abandon(caller, record.id);
  done = collect({});
  BOOST_TEST(done.payloads.count == 1u);
  BOOST_TEST(!repository->payloads().promise(asked.name));
}

BOOST_AUTO_TEST_CASE(commands_that_publish_are_waited_for) {
  const auto found = repository->payloads().put_content("found by a command");
  std::thread publisher;
  {
    auto use = std::make_unique<store::PayloadUse>(root);
    publisher = std::thread([this, found, use = std::move(use)]() mutable {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      stage("default", "pkg://fruit/new@1,5.11-0:20240601T080000Z", file(found, "found"));
      use.reset();
    });
  }
  const GcReport done = collect({});
  publisher.join();
  BOOST_TEST(done.payloads.count == 0u);
  BOOST_TEST(has(found));
}

BOOST_AUTO_TEST_CASE(a_manifest_that_cannot_be_read_saves_all_payloads) {
  const auto stray = repository->payloads().put_content("stray");
  put(store::kManifests, std::string(bytes_of(entry(kPear).manifest)), "damaged");
  BOOST_TEST(fails(Code::kCorrupt, to_hex(entry(kPear).manifest), [&] { collect({}); }));
  BOOST_TEST(has(stray));
  erase(store::kManifests, std::string(bytes_of(entry(kPear).manifest)));
  BOOST_TEST(fails(Code::kCorrupt, "it is missing", [&] { collect({}); }));
  BOOST_TEST(has(stray));
}

BOOST_AUTO_TEST_CASE(one_collection_at_a_time) {
  const auto lock = FileLock::attempt(root + "/staging/collection.lock");
  BOOST_TEST(lock.has_value());
  BOOST_TEST(fails(Code::kConflict, "another collection", [&] { collect({}); }));
}

BOOST_AUTO_TEST_CASE(the_database_is_made_compact_if_that_is_worth_it) {
  std::string noise;
  for (int i = 0; i < 40'000; ++i) noise += "# " + to_hex(sha256_of(std::to_string(i))) + "\n";
  const std::string large = "pkg://fruit/large@1,5.11-0:20240101T000000Z";
  publish({{large, noise}});
  remove(large);
  GcOptions options;
  options.rules.keep_last = 1;
  options.compacting = Compacting::kNever;
  BOOST_TEST(!collect_garbage(*repository, options).compaction);
  options.compacting = Compacting::kIfWorthwhile;
  const GcReport done = collect_garbage(*repository, options);
  BOOST_TEST_REQUIRE(done.compaction.has_value());
  BOOST_TEST(done.compaction->before > done.compaction->after + 1'000'000);
  BOOST_TEST(!collect_garbage(*repository, options).compaction);
  require_whole();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
