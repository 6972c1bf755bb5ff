// Staging areas and what a commit makes of them.
#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

#include "fixture.h"

namespace metaset::store {
namespace {

constexpr const char* kApple = "pkg://first/apple@1.0,5.11-1:20240101T000000Z";
constexpr const char* kPear = "pkg://third/pear@1.0,5.11-1:20240101T000000Z";

Code code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  BOOST_FAIL("no error");
  return Code::kInternal;
}

BOOST_AUTO_TEST_CASE(staged_packages_are_invisible_until_the_commit_and_then_all_there) {
  TestRepository t;
  t.stage(kApple);
  t.stage(kPear);  // a publisher that does not exist yet
  BOOST_TEST(t.visible(1, "first").empty());
  const MetasetRecord record = t.commit_all("release");
  BOOST_TEST(record.number == 2u);
  BOOST_TEST(record.parent == 1u);
  BOOST_TEST(record.message == "release");
  BOOST_TEST(record.packages == 2u);
  BOOST_TEST(t.visible(2, "first").size() == 1u);
  BOOST_TEST(t.visible(2, "third").size() == 1u);
  BOOST_TEST(Staging(t.repository->staging()).areas().empty());
  // One commit has one operation time.
  const auto first = ips::read_attrs(t.rendered(2, "first", "catalog.attrs"));
  const auto third = ips::read_attrs(t.rendered(2, "third", "catalog.attrs"));
  BOOST_TEST((first.last_modified == third.last_modified));
}

BOOST_AUTO_TEST_CASE(the_manifest_is_served_as_it_was_staged) {
  TestRepository t;
  t.stage(kApple, "# a comment\n   set name=x value=y\n");
  t.commit_all();
  const lmdb::ReadTxn txn(t.repository->committed());
  const View view(t.repository->committed(), txn, 2);
  const auto entry = view.find(1, "apple", ips::Fmri::parse(kApple).version.value());
  const std::string expected =
      manifest_of(ips::Fmri::parse(kApple), "# a comment\n   set name=x value=y\n");
  BOOST_TEST(view.manifest(entry->manifest)->text() == expected);
  BOOST_TEST((entry->manifest_sha1 == sha1_of(expected)));
}

BOOST_AUTO_TEST_CASE(changes_to_one_fmri_are_merged) {
  TestRepository t;
  const ips::Fmri apple = ips::Fmri::parse(kApple);
  Staging staging(t.repository->staging());
  t.stage(kApple);
  BOOST_TEST((code_of([&] { t.stage(kApple); }) == Code::kExists));
  t.stage(kApple, "set name=signed value=yes\n", ChangeKind::kReplace);
  BOOST_TEST(
      (staging.changes(staging.area("default")->record.id).at(0).record.kind == ChangeKind::kAdd));
  staging.remove("default", {"tester", 1}, apple);
  BOOST_TEST(staging.area("default")->record.changes == 0u);
  t.stage(kApple);
  t.commit_all();
  staging.remove("default", {"tester", 2}, apple);
  t.stage(kApple, "set name=again value=yes\n");
  const MetasetRecord record = t.commit_all();
  BOOST_TEST(record.publishers.at(0).added == 1u);
  BOOST_TEST(record.publishers.at(0).removed == 1u);
  BOOST_TEST(t.visible(record.number, "first").size() == 1u);
}

BOOST_AUTO_TEST_CASE(payloads_of_what_is_committed_belong_to_the_publisher) {
  TestRepository t;
  PayloadStore& payloads = t.repository->payloads();
  const std::string name = payloads.put_content("seed\n").name;
  t.stage(kApple, "file " + name + " path=seed owner=root group=bin mode=0444\n");
  t.stage(kPear);
  t.commit_all();
  BOOST_TEST(file_info(payloads.path(name, "first"))->inode ==
             file_info(payloads.path(name))->inode);
  BOOST_TEST(!file_info(payloads.path(name, "third")).has_value());
}

BOOST_AUTO_TEST_CASE(areas_do_not_see_each_other) {
  TestRepository t;
  t.stage(kApple, {}, ChangeKind::kAdd, "one");
  t.stage(kPear, {}, ChangeKind::kAdd, "two");
  CommitOptions options;
  options.area = "two";
  commit(*t.repository, options);
  BOOST_TEST(t.visible(2, "first").empty());
  Staging staging(t.repository->staging());
  BOOST_TEST(staging.areas().size() == 1u);
  BOOST_TEST(staging.abandon("one"));
  BOOST_TEST(!staging.abandon("one"));
  BOOST_TEST((code_of([&] { t.stage(kApple, {}, ChangeKind::kAdd, "../x"); }) == Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(a_commit_that_does_not_fit_changes_nothing_and_keeps_the_area) {
  TestRepository t;
  t.stage(kApple, {}, ChangeKind::kAdd, "one");
  t.stage(kApple, {}, ChangeKind::kAdd, "two");
  CommitOptions options;
  options.area = "one";
  commit(*t.repository, options);
  options.area = "two";
  BOOST_TEST((code_of([&] { commit(*t.repository, options); }) == Code::kExists));
  const lmdb::ReadTxn txn(t.repository->committed());
  BOOST_TEST(View::latest_number(t.repository->committed(), txn) == 2u);
  BOOST_TEST(Staging(t.repository->staging()).area("two")->record.changes == 1u);
  options.area = "three";
  BOOST_TEST((code_of([&] { commit(*t.repository, options); }) == Code::kNotFound));
}

BOOST_AUTO_TEST_CASE(missing_payloads_are_named_and_refuse_the_commit) {
  TestRepository t;
  const std::string hash(40, 'a');
  t.stage(kApple, "file " + hash + " path=x owner=root group=root mode=0644\n");
  try {
    t.commit_all();
    BOOST_FAIL("committed");
  } catch (const Error& error) {
    BOOST_TEST(error.message().find(hash) != std::string::npos);
    BOOST_TEST(error.message().find("apple@1.0") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(held_metasets_are_not_active) {
  TestRepository t;
  t.stage(kApple);
  CommitOptions options;
  options.activate = false;
  commit(*t.repository, options);
  const lmdb::ReadTxn txn(t.repository->committed());
  BOOST_TEST(View::active_number(t.repository->committed(), txn) == 1u);
  BOOST_TEST(View::latest_number(t.repository->committed(), txn) == 2u);
}

// As after a crash between the metaset's transaction and the clearing of the area.
BOOST_AUTO_TEST_CASE(what_a_crash_left_in_the_area_is_dropped_and_not_committed_twice) {
  TestRepository t;
  t.stage(kApple);
  TemporaryDirectory saved;
  t.repository->staging().copy_compact(saved.path());
  t.commit_all();
  t.repository.reset();
  remove_file(t.root + "/staging/data.mdb");
  rename_path(saved.path() + "/data.mdb", t.root + "/staging/data.mdb");
  t.repository = std::make_unique<Repository>(t.root, Access::kWrite);
  BOOST_TEST(Staging(t.repository->staging()).areas().size() == 1u);
  settle(*t.repository);
  BOOST_TEST(Staging(t.repository->staging()).areas().empty());
  BOOST_TEST((code_of([&] { t.commit_all(); }) == Code::kNotFound));
}

BOOST_AUTO_TEST_CASE(changes_that_arrive_after_the_crash_survive_settling) {
  TestRepository t;
  t.stage(kApple);
  TemporaryDirectory saved;
  t.repository->staging().copy_compact(saved.path());
  t.commit_all();
  t.repository.reset();
  remove_file(t.root + "/staging/data.mdb");
  rename_path(saved.path() + "/data.mdb", t.root + "/staging/data.mdb");
  t.repository = std::make_unique<Repository>(t.root, Access::kWrite);
  t.stage(kPear);
  const MetasetRecord record = t.commit_all();
  BOOST_TEST(record.number == 3u);
  BOOST_TEST(t.visible(3, "first").size() == 1u);
  BOOST_TEST(t.visible(3, "third").size() == 1u);
}

}  // namespace
}  // namespace metaset::store
