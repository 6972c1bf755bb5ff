// Bundles where something is not there any more. (tests/system/test_bundle.py has the rest.)
#include "metaset/depot/bundle.h"

#include <fcntl.h>

#include "metaset/depot/gc.h"
#include "metaset/depot/verify.h"
#include "metaset/store/collected.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

constexpr const char* kBrief = "pkg://fruit/brief@1.0,5.11-1:20240101T000000Z";
constexpr const char* kLasting = "pkg://fruit/apple@1.0,5.11-1:20240101T000000Z";
const std::string kBundledSummary = "set name=pkg.summary value=x\n";

// Metasets 1 to 4: `brief` is only there in 2 and 3, `apple` since 3.
struct BundleFixture : TestDepot {
  BundleFixture() {
    publish({manifest_of(kBrief, kBundledSummary)});
    publish({manifest_of(kLasting, kBundledSummary)});
    remove(kBrief);
  }
  // As after a collection.
  void forget_manifest(const char* fmri) {
    session.end();
    lmdb::Env& env = session.store().committed();
    {
      lmdb::WriteTxn txn(env);
      const Sha256 digest = sha256_of(manifest_of(fmri, kBundledSummary));
      BOOST_REQUIRE(txn.erase(env.table(store::kManifests), bytes_of(digest)));
      store::CollectedMetasets collected;
      collected.add(2, 3);
      collected.save(env, txn);
      txn.commit();
    }
    session.begin();
  }
  BundleResult bundle(store::MetasetNumber from, store::MetasetNumber to) {
    BundleResult result;
    const Fd fd = open_file(file, O_WRONLY | O_CREAT | O_TRUNC);
    BundleOptions options;
    options.from = from;
    options.to = to;
    write_bundle(
        session.store(), options, [&](std::string_view bytes) { write_all(fd.get(), bytes, file); },
        {}, result);
    return result;
  }
  UnbundleResult add_to(const std::string& target) const {
    UnbundleResult result;
    unbundle(target, open_file(file, O_RDONLY).get(), {}, {}, result);
    return result;
  }
  // How many package versions are served there.
  static std::uint64_t versions_at(const std::string& target) {
    store::Repository repository(target, store::Access::kWrite);
    const lmdb::ReadTxn txn(repository.committed());
    return store::View(repository.committed(), txn,
                       store::View::active_number(repository.committed(), txn))
        .record()
        .package_versions;
  }
  std::string file = directory.path() + "/bundle", site = directory.path() + "/site";
};

bool says_not_found(const Error& error) { return error.code() == Code::kNotFound; }

BOOST_FIXTURE_TEST_SUITE(bundles, BundleFixture)

BOOST_AUTO_TEST_CASE(collected_manifests_are_not_missed) {
  forget_manifest(kBrief);
  BOOST_TEST(bundle(0, 4).manifests == 1u);
  const UnbundleResult result = add_to(site);
  BOOST_TEST(result.created);
  BOOST_TEST(result.applied == 4u);
  BOOST_TEST(result.active == 4u);
  BOOST_TEST(versions_at(site) == 1u);
  BOOST_TEST(!add_to(site).anything());
}

BOOST_AUTO_TEST_CASE(what_was_collected_is_collected_there_too) {
  session.end();
  GcOptions options;
  options.rules.keep_last = 1;
  collect_garbage(session.store(), options);
  session.begin();
  bundle(0, 4);
  add_to(site);
  bundle(1, 4);  // continues one that is collected
  BOOST_TEST(!add_to(site).anything());
  store::Repository repository(site, store::Access::kWrite);
  for (const Damage& damage : verify(repository, {}).damage) {
    BOOST_ERROR(damage.what << ": " << damage.reason);
  }
  const lmdb::ReadTxn txn(repository.committed());
  for (const store::MetasetNumber number : {1, 2, 3, 4}) {
    BOOST_TEST(store::is_collected(repository.committed(), txn, number) == (number < 4));
  }
}

BOOST_AUTO_TEST_CASE(a_bundle_that_ends_while_the_package_is_there_needs_its_manifest) {
  forget_manifest(kBrief);
  BOOST_CHECK_EXCEPTION(bundle(0, 3), Error, says_not_found);
  BOOST_CHECK_EXCEPTION(bundle(1, 2), Error, says_not_found);
  BOOST_TEST(bundle(2, 3).manifests == 1u);
  BOOST_TEST(bundle(3, 4).manifests == 0u);
}

BOOST_AUTO_TEST_CASE(a_site_may_have_collected_what_it_had) {
  bundle(0, 3);
  add_to(site);
  {
    store::Repository repository(site, store::Access::kWrite);
    lmdb::WriteTxn txn(repository.committed());
    const Sha256 digest = sha256_of(manifest_of(kBrief, kBundledSummary));
    txn.erase(repository.committed().table(store::kManifests), bytes_of(digest));
    txn.commit();
  }
  bundle(3, 4);
  BOOST_TEST(add_to(site).applied == 1u);
  BOOST_TEST(versions_at(site) == 1u);
}

BOOST_AUTO_TEST_CASE(what_came_is_whole) {
  bundle(0, 4);
  add_to(site);
  store::Repository repository(site, store::Access::kWrite);
  for (const Damage& damage : verify(repository, {}).damage) {
    BOOST_ERROR(damage.what << ": " << damage.reason);
  }
}

BOOST_AUTO_TEST_CASE(metasets_that_are_none) {
  BOOST_CHECK_EXCEPTION(bundle(0, 5), Error, says_not_found);
  BOOST_CHECK_EXCEPTION(bundle(4, 4), Error,
                        [](const Error& error) { return error.code() == Code::kUsage; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
