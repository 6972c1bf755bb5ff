// Abandoning an area deletes the payloads that only it used, and no others.
#include "metaset/depot/abandon.h"

#include <filesystem>

#include "metaset/store/commit.h"
#include "metaset/store/payload_lock.h"

#include "fixture.h"

namespace metaset::depot {
namespace {

struct StagedDepot : TestDepot {
  StagedDepot() { session.begin(); }
  store::Repository& store() { return session.store(); }
  std::string payload(const std::string& content) {
    return store().payloads().put_content(content).name;
  }
  void stage(const std::string& name, const std::vector<std::string>& hashes,
             const std::string& area = "default") {
    const std::string fmri = "pkg://fruit/" + name + "@1:20240101T000000Z";
    std::string text = manifest_of(fmri);
    for (const std::string& hash : hashes) text += "license " + hash + " license=" + hash + "\n";
    store::Staging(store().staging())
        .put(area, {"tester", 1}, store::ChangeKind::kAdd, ips::Fmri::parse(fmri), text);
  }
};

BOOST_AUTO_TEST_CASE(payloads_that_nothing_else_needs_are_deleted) {
  StagedDepot t;
  const std::string committed = t.payload("committed"), shared = t.payload("shared"),
                    mine = t.payload("mine"), stray = t.payload("stray");
  t.stage("a", {committed});
  store::commit(t.store(), {});
  t.stage("b", {committed, shared, mine});
  t.stage("c", {shared}, "other");
  const std::uint64_t bytes = t.payloads().csize(mine).value();
  const Abandoned done = abandon_area(t.store(), "default");
  BOOST_TEST(done.changes == 1u);
  BOOST_TEST(done.payloads == 1u);
  BOOST_TEST(done.payload_bytes == bytes);
  BOOST_TEST(done.left == 0u);
  BOOST_TEST(!t.payloads().has(mine));
  for (const std::string& name : {committed, shared, stray}) BOOST_TEST(t.payloads().has(name));
  BOOST_TEST(abandon_area(t.store(), "other").payloads == 1u);
  BOOST_TEST(
      fails(Code::kNotFound, "no staging area 'other'", [&] { abandon_area(t.store(), "other"); }));
}

BOOST_AUTO_TEST_CASE(packages_of_past_metasets_keep_their_payloads) {
  StagedDepot t;
  const std::string old = t.payload("old");
  t.stage("a", {old});
  store::commit(t.store(), {});
  t.remove("pkg://fruit/a@1:20240101T000000Z");
  t.stage("b", {old});
  BOOST_TEST(abandon_area(t.store(), "default").payloads == 0u);
  BOOST_TEST(t.payloads().has(old));
}

BOOST_AUTO_TEST_CASE(nothing_is_deleted_while_somebody_publishes) {
  StagedDepot t;
  const std::string mine = t.payload("mine");
  t.stage("a", {mine});
  {
    const store::PayloadUse use(t.root);
    const store::PayloadUse another(t.root);
    BOOST_TEST(abandon_area(t.store(), "default").left == 1u);
  }
  BOOST_TEST(t.payloads().has(mine));
  t.stage("a", {mine});
  make_directories(t.root + "/staging/open/transaction");
  BOOST_TEST(abandon_area(t.store(), "default").left == 1u);
  BOOST_TEST(t.payloads().has(mine));
  remove_tree(t.root + "/staging/open/transaction");
  t.stage("a", {mine});
  BOOST_TEST(abandon_area(t.store(), "default").payloads == 1u);
}

BOOST_AUTO_TEST_CASE(a_collection_excludes_users) {
  StagedDepot t;
  auto collection = store::PayloadCollection::begin(t.root);
  BOOST_TEST(collection.has_value());
  BOOST_TEST(!store::PayloadCollection::begin(t.root).has_value());
  collection.reset();
  const store::PayloadUse use(t.root);
  BOOST_TEST(!store::PayloadCollection::begin(t.root).has_value());
}

}  // namespace
}  // namespace metaset::depot
