// Replication from a directory: what one process can do. (tests/system/test_replicate.py has depots
// and crashes.)
#include "metaset/group/replicate.h"

#include <filesystem>
#include <thread>

#include "metaset/depot/verify.h"
#include "metaset/store/activate.h"
#include "metaset/store/audit.h"
#include "metaset/store/payload_lock.h"
#include "metaset/store/tags.h"

#include "../depot/fixture.h"

namespace metaset::group {
namespace {

using boost::test_tools::per_element;
using depot::fails;
using depot::manifest_of;

std::string fmri_of(int number) {
  return "pkg://fruit/p" + std::to_string(number) + "@1.0,5.11-1:20240101T000000Z";
}

// A source with so many metasets of one package, each with a payload.
struct SourceDepot : depot::TestDepot {
  void grow(int packages) {
    for (int i = 0; i < packages; ++i) {
      const auto facts = payloads().put_content("content " + std::to_string(++count_));
      payloads().assign(facts.name, "fruit");
      publish({manifest_of(fmri_of(count_),
                           "file " + facts.name + " path=f mode=0444 owner=root group=bin\n")});
    }
  }
  store::MetasetNumber latest() const {
    return store::View::latest_number(view().env(), view().txn());
  }

 private:
  int count_ = 0;
};

struct ReplicaFixture {
  ReplicaFixture() { options.actor = {"local:tester", ""}; }
  // Of the source, which this process has open already.
  std::vector<std::string> snapshot() {
    const std::string copy = source.directory.path() + "/copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(source.root, copy, std::filesystem::copy_options::recursive);
    return {copy};
  }
  void bring() { replicate(*site, snapshot(), options, {}, result); }
  void bring_anew() { site = replicate_anew(root, snapshot(), options, {}, result); }
  Sha256 digest(const std::string& repository, store::MetasetNumber number) {
    if (repository == source.root) return source.view().at(number).record().digest;
    const lmdb::Env& env = std::as_const(*site).committed();
    const lmdb::ReadTxn txn(env);
    return store::View(env, txn, number).record().digest;
  }
  bool is_clean() { return depot::verify(*site, {}, {}).damage.empty(); }

  SourceDepot source;
  std::string root = source.directory.path() + "/site";
  ReplicateOptions options;
  ReplicateResult result;
  std::unique_ptr<store::Repository> site;
};

BOOST_FIXTURE_TEST_SUITE(replication, ReplicaFixture)

BOOST_AUTO_TEST_CASE(one_repository_stays_open_for_all_of_it) {
  source.grow(2);
  bring_anew();
  BOOST_TEST(result.created);
  BOOST_TEST(result.to == 3u);
  BOOST_TEST(result.active == 1u);
  for (int round = 0; round < 3; ++round) {
    source.grow(2);
    bring();
    BOOST_TEST(result.applied == 2u);
    BOOST_TEST(result.payloads == 2u);
    BOOST_TEST(result.linked == 2u);
    BOOST_TEST((result.digest == digest(source.root, source.latest())));
    BOOST_TEST((result.digest == digest(root, source.latest())));
    BOOST_TEST(result.active < result.to);
    store::activate(*site, result.to - 1);
    bring();
    BOOST_TEST(!result.anything());
    BOOST_TEST(result.active == result.to - 1);
    options.activate = round == 2;
    bring();
    BOOST_TEST(result.activated == options.activate);
    options.activate = false;
  }
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(up_to_a_metaset_and_no_further) {
  source.grow(4);
  options.target = 3;
  bring_anew();
  BOOST_TEST(result.to == 3u);
  options.target = 9;
  BOOST_TEST(fails(Code::kNotFound, "no source gives metaset 9", [&] { bring(); }));
  BOOST_TEST(result.applied == 0u);
  options.target = 2;
  bring();
  BOOST_TEST(!result.anything());
  options.target = 5;
  options.activate = true;
  bring();
  BOOST_TEST(result.activated);
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(what_is_stopped_can_be_repeated) {
  source.grow(10);
  std::stop_source stop;
  options.http.stop = stop.get_token();
  options.target = 2;
  bring_anew();
  options.target.reset();
  unsigned calls = 0;
  const auto callback = [&](const PhaseProgress& now) {
    if (now.phase == "payloads" && ++calls == 4) stop.request_stop();
  };
  options.threads = 1;
  BOOST_TEST(fails(Code::kUnavailable, "stopped",
                   [&] { replicate(*site, snapshot(), options, callback, result); }));
  BOOST_TEST(result.applied == 0u);
  const std::uint64_t taken = result.payloads;
  BOOST_TEST(taken > 0u);
  options.http.stop = {};
  bring();
  BOOST_TEST(result.applied == 9u);
  BOOST_TEST(result.payloads == 9u - taken);
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_collection_can_be_stopped) {
  source.grow(1);
  bring_anew();
  const store::CollectionLock collection(root);
  std::stop_source stop;
  options.http.stop = stop.get_token();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request_stop();
  });
  BOOST_TEST(fails(Code::kUnavailable, "stopped", [&] { bring(); }));
}

BOOST_AUTO_TEST_CASE(payloads_that_are_no_longer_whole_come_again) {
  source.grow(3);
  options.target = 2;
  bring_anew();
  options.target.reset();
  // As a power failure leaves one: its name, and nothing in it.
  const std::string name = source.payloads().put_content("content 2").name;
  const std::string path = site->payloads().path(name);
  make_directories(path.substr(0, path.rfind('/')));
  write_file_atomically(path, "", false);
  bring();
  BOOST_TEST(result.payloads == 2u);
  BOOST_TEST(is_clean());
}

BOOST_AUTO_TEST_CASE(tags_follow_and_others_stay) {
  source.grow(2);
  store::set_tag(source.session.store(), "stable", 2, "tester", false);
  bring_anew();
  BOOST_TEST(result.tags == 1u);
  store::set_tag(*site, "here", 2, "tester", false);
  source.session.end();
  store::set_tag(source.session.store(), "stable", 3, "tester", true);
  source.session.begin();
  bring();
  BOOST_TEST(result.tags == 1u);
  BOOST_TEST(store::require_metaset(*site, "stable") == 3u);
  BOOST_TEST(store::require_metaset(*site, "here") == 2u);
  std::vector<std::string> events;
  store::Audit(site->staging()).for_each(1, [&](const store::AuditRecord& record) {
    events.push_back(record.event + ": " + record.object);
  });
  BOOST_TEST(events == std::vector<std::string>{"replicate: metaset 3"}, per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
