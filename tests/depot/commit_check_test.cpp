// What is found before a commit: each check, and nothing where nothing is wrong.
#include "metaset/pkg5/import.h"

#include "commit_check_fixture.h"

namespace metaset::depot {
namespace {

BOOST_AUTO_TEST_CASE(an_area_without_changes_is_empty) {
  CheckedDepot t;
  same(t.check(), {"E empty: staging area 'default' has no changes"});
  BOOST_TEST(fails(Code::kUsage, "there is no check 'dependency'",
                   [&] { t.check({.area = "default", .warn = {"dependency"}}); }));
}

BOOST_AUTO_TEST_CASE(publishers_that_are_new_are_noted_and_illegal_ones_refused) {
  CheckedDepot t;
  t.stage_full("pkg://new.org/fig@1" + kTime);
  same(t.check(), {"W publishers: publisher 'new.org' is new to the repository (1 packages)"});
  const ips::Fmri bad{"fru_it", "fig", ips::Version::parse("1" + kTime)};
  store::Staging(t.store().staging())
      .put("bad", {"tester", 1}, ChangeKind::kAdd, bad, manifest_of("pkg:/fig@1" + kTime));
  same(t.check({.area = "bad", .warn = {}}),
       {"E publishers: 'fru_it' is not a legal name for a publisher (1 packages)"});
}

BOOST_AUTO_TEST_CASE(what_other_commits_changed_meanwhile_is_a_conflict) {
  CheckedDepot t;
  t.have("kept@1");
  t.have("signed@1");
  t.have("gone@1");
  t.have("mine@1");
  t.stage("new@1");
  t.stage("signed@1", "set name=a value=b\n", ChangeKind::kReplace);
  t.stage("gone@1", "set name=a value=b\n", ChangeKind::kReplace);
  t.stage_removal("mine@1");
  same(t.check(), {});
  t.have("new@1", "set name=other value=yes\n");
  t.remove(fmri("gone@1"));
  t.remove(fmri("mine@1"));
  t.remove(fmri("signed@1"));
  t.have("signed@1", "set name=other value=yes\n");
  same(t.check(),
       {"E conflict gone: the area replaces it, but metaset 7 of tester removed it",
        "E conflict mine: the area removes it, but metaset 8 of tester removed it",
        "E conflict new: it is there already, since metaset 6 of tester",
        "E conflict signed: the area replaces it, but metaset 10 of tester replaced it meanwhile"});
  // What was changed before it was staged is no conflict, however old the area is.
  CheckedDepot u;
  u.stage("first@1");
  u.have("signed@1");
  u.stage("signed@1", "set name=a value=b\n", ChangeKind::kReplace);
  same(u.check(), {});
}

BOOST_AUTO_TEST_CASE(actions_that_contradict_each_other) {
  CheckedDepot t;
  const auto dir = [](const std::string& rest) {
    return "dir owner=root group=bin mode=0755 path=" + rest + "\n";
  };
  const std::string hash = t.store().payloads().put_content("x").name;
  const auto file = [&](const std::string& rest) {
    return "file " + hash + " owner=root group=bin mode=0644 path=" + rest + "\n";
  };
  t.stage("fine@1", dir("a") + dir("a") + file("a/f variant.arch=i386") +
                        file("a/f variant.arch=sparc") + file("l facet.doc=true") +
                        file("l facet.doc=false") +
                        "link path=b target=x mediator=m mediator-version=1\n"
                        "link path=b target=y mediator=m mediator-version=2\n"
                        "link path=c target=x\nlink path=c target=x\n"
                        "user username=u group=g\nuser username=u group=g\n"
                        "legacy pkg=p\nlegacy pkg=p name=q\n");
  same(t.check(), {});
  t.stage("bad@1", dir("a") + file("a") + file("b") + file("b") + file("c/d") + file("c") +
                       file("v variant.arch=i386") + file("v") +
                       "dir path=e owner=root group=bin mode=0755\n"
                       "dir path=e owner=root group=bin mode=0700\n"
                       "link path=l target=x mediator=m mediator-version=1\n"
                       "link path=l target=y mediator=m mediator-version=1\n"
                       "user username=u group=g uid=1\nuser username=u group=g uid=2\n"
                       "group groupname=u gid=1\n");
  same(t.check(), {"E actions bad: lines 2 and 3: 'a' is a dir and a file",
                   "E actions bad: lines 4 and 5: file 'b' is delivered twice",
                   "E actions bad: lines 10 and 11: dir 'e' is delivered twice, differently",
                   "E actions bad: lines 12 and 13: link 'l' is delivered twice, differently",
                   "E actions bad: lines 8 and 9: file 'v' is delivered twice",
                   "E actions bad: lines 7 and 6: 'c' is a file, and 'c/d' is below it",
                   "E actions bad: lines 14 and 15: user 'u' is delivered twice, differently"});
}

BOOST_AUTO_TEST_CASE(broken_actions_are_named) {
  CheckedDepot t;
  t.stage("a@1", "dir path=x\n");
  t.stage("b@1", "set name=\"x\n");
  const Findings found = t.check();
  BOOST_TEST_REQUIRE(found.size() >= 2u);
  BOOST_TEST(found.front().starts_with("E actions a: line 2: "));
  BOOST_TEST(found.back().starts_with("E actions b: line 2"));
}

BOOST_AUTO_TEST_CASE(payloads_that_are_missing_or_something_else) {
  CheckedDepot t;
  const store::PayloadFacts facts = t.store().payloads().put_content("content");
  const std::string more = " owner=root group=bin mode=0644 path=";
  const std::string size = std::to_string(facts.csize), missing(40, 'a');
  t.stage("fine@1", "file " + facts.name + more + "x pkg.csize=" + size + " pkg.size=7\n");
  same(t.check(), {});
  t.stage("short@1", "file " + facts.name + more + "x pkg.csize=5\n");
  t.stage("wrong@1", "file " + facts.name + more + "x pkg.csize=" + size + " pkg.size=8\n");
  t.stage("lost@1", "file " + missing + more + "x\nlicense " + missing + " license=y\n");
  const std::string damaged = "payload " + facts.name + " is damaged: ";
  const Findings cheap = {
      "E payloads lost: payload " + missing + " is missing",
      "E payloads short: " + damaged + "its pkg.csize is " + size + ", the manifest says 5"};
  same(t.check(), cheap);
  Findings deep = cheap;
  deep.push_back("E payloads wrong: " + damaged + "its pkg.size is 7, the manifest says 8");
  same(t.check({.area = "default", .warn = {}, .deep = true}), deep);
  write_file_atomically(t.store().payloads().path(facts.name), "no gzip", false);
  BOOST_TEST(t.check({.area = "default", .warn = {}, .deep = true}).size() == 4u);
}

BOOST_AUTO_TEST_CASE(the_difference_to_what_clients_have) {
  CheckedDepot t;
  const auto file = [&](const std::string& content, const std::string& path) {
    return "file " + t.store().payloads().put_content(content).name +
           " owner=root group=bin mode=0644 path=" + path + "\n";
  };
  t.have("lib@1", file("same", "a") + file("old", "b"));
  t.have("gone@1");
  t.have("signed@1", file("certificate", "c"));
  t.stage("lib@2", file("same", "a") + file("new", "b") + file("new", "d"));
  t.stage("signed@1", file("certificate", "c"), ChangeKind::kReplace);
  t.stage_removal("gone@1");
  const CommitReport report = check_commit(t.store(), {});
  BOOST_TEST(report.errors() == 0u);
  BOOST_TEST(report.diff.added == Findings{fmri("lib@2,5.11")});
  BOOST_TEST(report.diff.replaced == Findings{fmri("signed@1,5.11")});
  BOOST_TEST(report.diff.removed == Findings{fmri("gone@1,5.11")});
  BOOST_TEST(report.diff.new_payloads == 1u);
  BOOST_TEST(report.diff.new_payload_bytes ==
             t.store().payloads().csize(to_hex(sha1_of("new"))).value());
  rapidjson::Document json;
  const rapidjson::Value value = report_json(report, json);
  BOOST_TEST(value["diff"]["new-payloads"].GetUint64() == 1u);
  BOOST_TEST(value["errors"].GetUint64() == 0u);
}

BOOST_AUTO_TEST_CASE(a_commit_with_errors_changes_nothing_and_downgraded_ones_do_not_count) {
  CheckedDepot t;
  const std::string missing(40, 'a');
  t.stage("app@1", depend("require", "lib") + "license " + missing + " license=y\n");
  const CommitOutcome refused = commit_checked(t.store(), {}, {});
  BOOST_TEST(!refused.metaset);
  BOOST_TEST(refused.report.errors() == 2u);
  BOOST_TEST(t.latest() == 1u);
  BOOST_TEST(store::Staging(t.store().staging()).area("default")->record.changes == 1u);
  const CommitOutcome one =
      commit_checked(t.store(), {.area = "default", .warn = {"payloads"}}, {});
  BOOST_TEST(one.report.errors() == 1u);
  BOOST_TEST(one.report.warnings() == 1u);
  BOOST_TEST(t.latest() == 1u);
  const CommitOutcome done =
      commit_checked(t.store(), {.area = "default", .warn = {"payloads", "dependencies"}}, {});
  BOOST_TEST_REQUIRE(done.metaset.has_value());
  BOOST_TEST(done.metaset->number == 2u);
}

BOOST_AUTO_TEST_CASE(overruled_conflicts_let_the_area_win) {
  CheckedDepot t;
  t.have("mine@1");
  t.stage("new@1", "set name=by value=area\n");
  t.stage_removal("mine@1");
  t.have("new@1", "set name=by value=other\n");
  t.remove(fmri("mine@1"));
  t.session.end();
  BOOST_TEST(commit_checked(t.store(), {}, {}).report.errors() == 2u);
  const auto done = commit_checked(t.store(), {.area = "default", .warn = {"conflict"}}, {});
  BOOST_TEST_REQUIRE(done.metaset.has_value());
  const lmdb::ReadTxn txn(t.store().committed());
  const store::View view(t.store().committed(), txn, done.metaset->number);
  const auto entry =
      view.find(view.publisher("fruit")->id, "new", ips::Version::parse("1" + kTime));
  BOOST_TEST(view.manifest(entry->manifest)->text().find("by value=area") != std::string::npos);
  BOOST_TEST(view.record().package_versions == 1u);
}

BOOST_AUTO_TEST_CASE(held_metasets_become_active_with_the_next_commit) {
  CheckedDepot t;
  store::CommitOptions held;
  held.activate = false;
  t.stage("a@1");
  BOOST_TEST(commit_checked(t.store(), {}, held).also_activated.empty());
  t.stage("b@1", depend("require", "a"));
  const auto outcome = commit_checked(t.store(), {}, {});
  BOOST_TEST_REQUIRE(outcome.metaset.has_value());
  BOOST_TEST(outcome.metaset->parent == 2u);
  BOOST_TEST(outcome.also_activated == std::vector<store::MetasetNumber>{2u});
  BOOST_TEST(outcome.metaset->package_versions == 2u);
}

// Everything of a stock repository once more, in another repository that has its payloads.
BOOST_AUTO_TEST_CASE(a_stock_repository_that_is_published_again_has_no_findings) {
  TemporaryDirectory directory;
  const std::string command =
      "tar -xzf '" METASET_TEST_DATA "/repo.tar.gz' -C '" + directory.path() + "'";
  BOOST_TEST_REQUIRE(std::system(command.c_str()) == 0);
  for (const std::string name : {"repo-utf8", "repo-ascii"}) {
    const std::string from = directory.path() + "/" + name, to = from + "-metaset";
    pkg5::ImportResult result;
    pkg5::import_repository(from, to, {}, {}, result);
    store::Repository repository(to, store::Access::kWrite);
    CheckedDepot t;
    remove_tree(t.root + "/file");
    rename_path(to + "/file", t.root + "/file");
    const lmdb::ReadTxn txn(repository.committed());
    const store::View view(repository.committed(), txn, result.metaset.value());
    for (const store::Publisher& publisher : view.publishers()) {
      view.for_each(publisher.id, [&](std::string_view package, const store::PackageEntry& entry) {
        const ips::Fmri full{publisher.prefix, std::string(package),
                             ips::Version::parse(entry.version)};
        store::Staging(t.store().staging())
            .put("default", {"tester", 1}, ChangeKind::kAdd, full,
                 view.manifest(entry.manifest)->text());
        return true;
      });
    }
    const CommitReport report = check_commit(t.store(), {"default", {}, true});
    BOOST_TEST(report.diff.added.size() == view.record().package_versions);
    for (const Finding& finding : report.findings) {
      if (finding.check == "publishers") continue;  // they are new here
      BOOST_TEST(false, finding.check + " " + finding.fmri + " " + finding.message);
    }
  }
}

}  // namespace
}  // namespace metaset::depot
