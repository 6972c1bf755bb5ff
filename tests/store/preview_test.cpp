// What a staging area leads to, before it is committed.
#include "metaset/store/preview.h"

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

#include "fixture.h"

namespace metaset::store {
namespace {

constexpr const char* kOld = "pkg://first/apple@1.0,5.11-1:20240101T000000Z";
constexpr const char* kNew = "pkg://first/apple@2.0,5.11-1:20240201T000000Z";
constexpr const char* kOther = "pkg://third/pear@1.0,5.11-1:20240101T000000Z";

// All catalog files of a view, by publisher and name, without their times.
std::map<std::string, std::string> catalog_of(const View& view) {
  std::map<std::string, std::string> files;
  for (const Publisher& publisher : view.publishers()) {
    const PublisherState state = view.state(publisher.id);
    for (const auto& file : list_catalog_files(view, publisher, state)) {
      if (file.log) continue;  // they have operation times in them
      std::string& text = files[publisher.prefix + "/" + file.name];
      render_catalog_file(view, file, [&](std::string_view bytes) { text.append(bytes); });
    }
  }
  return files;
}

struct PreviewFixture : TestRepository {
  PreviewFixture() {
    stage(kOld);
    commit_all();
  }
  void stage_changes() {
    stage(kNew);
    stage(kOther);
    Staging(repository->staging()).remove("default", {"tester", 2}, ips::Fmri::parse(kOld));
  }
};

BOOST_FIXTURE_TEST_SUITE(preview, PreviewFixture)

BOOST_AUTO_TEST_CASE(it_is_what_the_commit_makes_and_leaves_nothing) {
  stage_changes();
  const AreaSnapshot snapshot(*repository, "default");
  std::map<std::string, std::string> seen;
  {
    const Preview preview(*repository, snapshot);
    const View view = preview.view();
    BOOST_TEST(view.number() == 3u);
    seen = catalog_of(view);
    const auto pear =
        view.find(view.publisher("third")->id, "pear", ips::Fmri::parse(kOther).version.value());
    BOOST_TEST(view.manifest(pear->manifest)->text() == manifest_of(ips::Fmri::parse(kOther)));
  }
  BOOST_TEST(latest() == 2u);
  BOOST_TEST(visible(2, "first").size() == 1u);
  commit_all();
  const lmdb::ReadTxn txn(repository->committed());
  BOOST_TEST((catalog_of(View(repository->committed(), txn, 3)) == seen));
  BOOST_TEST(seen.count("third/catalog.base.C") == 1u);
}

BOOST_AUTO_TEST_CASE(two_requests_see_the_same_times) {
  stage_changes();
  const AreaSnapshot snapshot(*repository, "default");
  const auto state_seen = [&] {
    const Preview preview(*repository, snapshot);
    return preview.view().state(1).encode();
  };
  BOOST_TEST(state_seen() == state_seen());
}

BOOST_AUTO_TEST_CASE(an_area_without_changes_is_the_latest_metaset) {
  const AreaSnapshot snapshot(*repository, "nothing");
  BOOST_TEST(snapshot.state().changes == 0u);
  BOOST_TEST(Preview(*repository, snapshot).view().number() == 2u);
  BOOST_CHECK_THROW(AreaState::of(*repository, "no/area"), Error);
}

BOOST_AUTO_TEST_CASE(the_state_follows_area_and_commits) {
  const AreaState before = AreaState::of(*repository, "default");
  stage(kNew);
  const AreaState staged = AreaState::of(*repository, "default");
  BOOST_TEST(!(before == staged));
  const AreaSnapshot snapshot(*repository, "default");
  stage(kOther, {}, ChangeKind::kAdd, "elsewhere");
  BOOST_TEST((AreaState::of(*repository, "default") == staged));
  CommitOptions options;
  options.area = "elsewhere";
  commit(*repository, options);
  BOOST_TEST(!(AreaState::of(*repository, "default") == staged));
  BOOST_CHECK_THROW(Preview(*repository, snapshot), Error);
  BOOST_TEST(Preview(*repository, AreaSnapshot(*repository, "default")).view().number() == 4u);
}

BOOST_AUTO_TEST_CASE(conflicts_do_not_hide_the_area) {
  stage(kNew, "set name=from value=area\n", ChangeKind::kAdd, "mine");
  stage(kNew, "set name=from value=other\n");
  commit_all();
  const AreaSnapshot snapshot(*repository, "mine");
  const Preview preview(*repository, snapshot);
  const View view = preview.view();
  const auto entry = view.find(1, "apple", ips::Fmri::parse(kNew).version.value());
  BOOST_TEST(view.manifest(entry->manifest)->text().find("from value=area") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(counts_of_changes_are_kept_with_the_area) {
  Staging staging(repository->staging());
  const auto count = [&] {
    const auto area = staging.area("default");
    return area ? area->record.changes : 99;
  };
  stage(kNew);
  stage(kOther);
  BOOST_TEST(count() == 2u);
  staging.remove("default", {"tester", 2}, ips::Fmri::parse(kOther));  // takes the addition back
  BOOST_TEST(count() == 1u);
  const auto area = staging.area("default").value();
  staging.clear(area.record.id, area.record.next_sequence - 1);
  BOOST_TEST(count() == 99u);  // emptied: gone
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
