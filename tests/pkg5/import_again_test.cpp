// Imports that go on where an earlier one ended: new operations, interruptions, conflicts.
#include "metaset/store/commit.h"
#include "metaset/store/layout.h"
#include "metaset/store/staging.h"

#include "fixture.h"

namespace metaset::pkg5 {

BOOST_AUTO_TEST_SUITE(import_again_suite)

BOOST_AUTO_TEST_CASE(takes_new_operations_only) {
  const Stock stock("repo-steps");
  const auto step = [&](const std::string& name) {
    const ImportResult result = import(stock.path(name), stock.destination());
    check_same_catalogs(stock.path(name), stock.destination());
    BOOST_REQUIRE(result.metaset);
    return result;
  };
  step("step0");
  const ImportResult first = step("step1");
  BOOST_CHECK_EQUAL(first.publishers[0].added, 2u);
  const ImportResult second = step("step2");
  BOOST_CHECK_EQUAL(second.publishers[0].added, 4u);
  BOOST_CHECK_EQUAL(second.publishers[0].removed, 2u);
  BOOST_CHECK_EQUAL(second.manifests, 3u);  // a@1.1 was added twice: published, then signed
  const ImportResult third = step("step3");
  BOOST_CHECK_EQUAL(third.manifests, 1u);
  BOOST_CHECK_EQUAL(third.publishers[0].removed, 1u);
  BOOST_CHECK(third.publishers[1].is_new);
  BOOST_CHECK_EQUAL(*step("emptied").metaset, 6u);
  BOOST_CHECK(!import(stock.path("emptied"), stock.destination()).metaset);
  // Past metasets still have their catalogs.
  store::Repository repository(stock.destination(), store::Access::kRead);
  const lmdb::Env& env = std::as_const(repository).committed();
  const lmdb::ReadTxn txn(env);
  const store::View past(env, txn, *second.metaset);
  const std::string name = "catalog.base.C";
  BOOST_CHECK(rendered(repository, past, *past.publisher("demo"), name) ==
              slurp(stock.path("step2/publisher/demo/catalog/") + name));
}

BOOST_AUTO_TEST_CASE(removal_of_what_was_there_before_the_logs) {
  const Stock stock("repo-steps");
  import(stock.path("rebuilt"), stock.destination());
  const ImportResult result = import(stock.path("rebuilt2"), stock.destination());
  BOOST_CHECK_EQUAL(result.publishers[0].removed, 1u);
  check_same_catalogs(stock.path("rebuilt2"), stock.destination());
}

BOOST_AUTO_TEST_CASE(an_older_source_is_a_conflict) {
  const Stock stock("repo-steps");
  import(stock.path("step2"), stock.destination());
  const std::string message =
      failure(Code::kConflict, [&] { import(stock.path("step1"), stock.destination()); });
  BOOST_CHECK(contains(message, "publisher demo"));
  BOOST_CHECK(contains(message, "only known here"));
}

BOOST_AUTO_TEST_CASE(another_identity_is_a_conflict) {
  const Stock stock("repo-steps");
  import(stock.path("step3"), stock.destination());
  const std::string message =
      failure(Code::kConflict, [&] { import(stock.path("rebuilt"), stock.destination()); });
  BOOST_CHECK(contains(message, "publisher demo"));
  BOOST_CHECK(contains(message, "created at"));
  failure(Code::kConflict, [&] {
    ImportOptions options;
    options.without_history = true;
    import(stock.path("step3"), stock.destination(), options);
  });
}

BOOST_AUTO_TEST_CASE(own_publications_are_a_conflict) {
  const Stock stock("repo-steps");
  import(stock.path("step1"), stock.destination());
  {
    store::Repository repository(stock.destination(), store::Access::kWrite);
    const auto fmri = ips::Fmri::parse("pkg://demo/own@1.0,5.11:20300101T000000Z");
    store::Staging(repository.staging())
        .put(store::kDefaultArea, {"me", 1}, store::ChangeKind::kAdd, fmri,
             "set name=pkg.fmri value=" + fmri.text() + "\n");
    store::commit(repository, {});
  }
  const std::string message =
      failure(Code::kConflict, [&] { import(stock.path("step2"), stock.destination()); });
  BOOST_CHECK(contains(message, "own@1.0"));
}

BOOST_AUTO_TEST_CASE(interrupted_anywhere) {
  const Stock stock;
  struct Stop {};
  bool finished = false;
  for (unsigned stop_at = 0; !finished; ++stop_at) {
    const std::string destination = stock.path("metaset-" + std::to_string(stop_at));
    unsigned calls = 0;
    std::string phase;
    try {
      import(stock.ascii(), destination, {}, [&](const PhaseProgress& p) {
        phase = p.phase;
        if (calls++ == stop_at) throw Stop{};
      });
      finished = true;
    } catch (const Stop&) {
    }
    BOOST_TEST_CONTEXT("stopped at call " << stop_at << " in " << phase) {
      const ImportResult result = import(stock.ascii(), destination);
      // The metaset is there or not, never a part of it.
      BOOST_CHECK_EQUAL(result.metaset.has_value(), phase != "files");
      check_same_catalogs(stock.ascii(), destination);
    }
    BOOST_REQUIRE_LT(stop_at, 100u);
  }
}

BOOST_AUTO_TEST_CASE(interrupted_again_and_again) {
  const Stock stock("repo-steps");
  struct Stop {};
  for (unsigned stop_at = 0;; ++stop_at) {
    BOOST_REQUIRE_LT(stop_at, 100u);
    unsigned calls = 0;
    try {
      const auto stop = [&](const PhaseProgress&) {
        if (calls++ == stop_at) throw Stop{};
      };
      import(stock.path("step3"), stock.destination(), {}, stop);
      break;
    } catch (const Stop&) {
    }
  }
  check_same_catalogs(stock.path("step3"), stock.destination());
}

BOOST_AUTO_TEST_CASE(a_payload_cut_short_by_a_crash_is_taken_again) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  const std::string payload = stock.destination() + "/file/b2/" + std::string(kPayloadName);
  const std::string bytes = slurp(payload);
  write_file_atomically(payload, bytes.substr(0, bytes.size() / 2), false);
  ImportOptions options;
  options.complete = true;
  const ImportResult result = import(stock.utf8(), stock.destination(), options);
  BOOST_CHECK_EQUAL(result.present + 1, result.payloads);
  BOOST_CHECK(slurp(payload) == bytes);
  BOOST_CHECK(slurp(stock.destination() + std::string(kPayload)) == bytes);
}

BOOST_AUTO_TEST_CASE(links_of_publishers_that_are_missing_are_made_again) {
  const Stock stock;
  import(stock.utf8(), stock.destination());
  remove_tree(store::publishers_directory(stock.destination()));
  ImportOptions options;
  options.complete = true;
  const ImportResult result = import(stock.utf8(), stock.destination(), options);
  BOOST_CHECK_EQUAL(result.present, result.payloads);
  BOOST_CHECK(file_info(stock.destination() + std::string(kPayload)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace metaset::pkg5
