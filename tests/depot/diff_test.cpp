// What is different between two metasets.
#include "metaset/depot/diff.h"

#include <map>
#include <set>

#include <rapidcheck.h>

#include "fixture.h"

namespace metaset::depot {
namespace {

using Differences = std::vector<std::string>;

const std::string kStamp = ",5.11-1:20240101T000000Z";

std::string joined(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += " " + text.substr(0, text.find(','));
  return result;
}

struct DiffDepot : TestDepot {
  void have(const std::vector<std::string>& fmris, const std::string& more = {}) {
    std::vector<std::string> manifests;
    for (const std::string& fmri : fmris) manifests.push_back(text_of(fmri, more));
    publish(manifests);
  }
  void replace(const std::string& fmri, const std::string& more) {
    session.end();
    session.store().write_metaset(
        {"tester", "signed", std::nullopt, true},
        [&](store::MetasetWriter& writer, lmdb::WriteTxn&) {
          const std::string text = text_of(fmri, more);
          const ips::ManifestSummary summary = ips::summarize(text);
          const auto publisher = writer.publisher(summary.fmri.publisher);
          writer.remove(publisher, summary.fmri.name, summary.fmri.version.value());
          writer.add(publisher, store::facts_of(summary, sha1_of(text), writer.put_manifest(text)));
        });
    session.begin();
  }
  std::vector<PackageDiff> packages(store::MetasetNumber from, store::MetasetNumber to,
                                    DiffDepth depth = DiffDepth::kPackages) {
    std::vector<PackageDiff> result;
    diff_metasets(view().at(from), view().at(to), depth,
                  [&](PackageDiff&& package) { result.push_back(std::move(package)); });
    return result;
  }
  // "fruit/apple upgraded 1>2 + 2 - 1 ~"; of versions only the release.
  Differences diff(store::MetasetNumber from, store::MetasetNumber to) {
    Differences result;
    for (const PackageDiff& p : packages(from, to)) {
      result.push_back(p.publisher + "/" + p.name + " " + std::string(change_name(p.change)) +
                       joined({p.from, p.to}) + " +" + joined(p.added) + " -" + joined(p.removed) +
                       " ~" + joined(p.resigned));
    }
    return result;
  }
  // Of the only package: "changed 5 file ..." for each action.
  Differences actions(store::MetasetNumber from, store::MetasetNumber to) {
    Differences result;
    for (const PackageDiff& package : packages(from, to, DiffDepth::kActions)) {
      for (const ActionDiff& a : package.actions) {
        if (a.action.find("pkg.fmri") != std::string::npos) continue;  // in every manifest
        std::string text = std::string(change_name(a.change)) + " " + std::to_string(a.size) + " ";
        if (!a.version.empty()) text += "(" + a.version.substr(0, a.version.find(',')) + ") ";
        result.push_back(text + (a.before.empty() ? "" : a.before + " -> ") + a.action);
      }
    }
    return result;
  }
  static std::string full(const std::string& fmri) { return "pkg://" + fmri + kStamp; }
  static std::string text_of(const std::string& fmri, const std::string& more) {
    return manifest_of(full(fmri), more);
  }
};

void are(const Differences& found, const Differences& expected) {
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_SUITE(diffs, DiffDepot)

BOOST_AUTO_TEST_CASE(packages_come_and_go) {
  have({"fruit/pear@1", "fruit/apple@1", "fruit/apple@1.9", "fruit/apple@1.10"});  // 2
  have({"example.org/plum@2"});                                                    // 3
  remove(full("fruit/pear@1"));                                                    // 4
  are(diff(1, 4),
      {"example.org/plum added  2 + 2 - ~", "fruit/apple added  1.10 + 1 1.9 1.10 - ~"});
  are(diff(2, 4), {"example.org/plum added  2 + 2 - ~", "fruit/pear removed 1  + - 1 ~"});
  are(diff(4, 2), {"example.org/plum removed 2  + - 2 ~", "fruit/pear added  1 + 1 - ~"});
  are(diff(3, 3), {});
}

BOOST_AUTO_TEST_CASE(newest_versions_decide) {
  have({"fruit/apple@1.9", "fruit/pear@1.9", "fruit/plum@2"});   // 2
  have({"fruit/apple@1.10", "fruit/pear@1.8", "fruit/plum@1"});  // 3
  remove(full("fruit/plum@2"));                                  // 4
  are(diff(2, 4), {"fruit/apple upgraded 1.9 1.10 + 1.10 - ~",
                   "fruit/pear versions 1.9 1.9 + 1.8 - ~", "fruit/plum downgraded 2 1 + 1 - 2 ~"});
}

BOOST_AUTO_TEST_CASE(what_came_back_is_no_difference) {
  have({"fruit/apple@1"});                  // 2
  have({"fruit/apple@2", "fruit/pear@1"});  // 3
  remove(full("fruit/apple@2"));            // 4
  remove(full("fruit/pear@1"));             // 5
  are(diff(2, 5), {});
  replace("fruit/apple@1", "");  // 6
  are(diff(2, 6), {});           // the same manifest
}

BOOST_AUTO_TEST_CASE(signed_again) {
  have({"fruit/apple@1", "fruit/apple@2"});                                     // 2
  replace("fruit/apple@1", "signature algorithm=sha256 value=00 version=0\n");  // 3
  have({"fruit/apple@3"});                                                      // 4
  are(diff(2, 3), {"fruit/apple re-signed 2 2 + - ~ 1"});
  are(diff(2, 4), {"fruit/apple upgraded 2 3 + 3 - ~ 1"});
  are(actions(3, 2), {"removed 0 (1) signature algorithm=sha256 value=00 version=0"});
}

BOOST_AUTO_TEST_CASE(a_publisher_that_only_one_of_them_has) {
  have({"late/apple@1"});  // 2
  are(diff(1, 2), {"late/apple added  1 + 1 - ~"});
  are(diff(2, 1), {"late/apple removed 1  + - 1 ~"});
}

BOOST_AUTO_TEST_CASE(actions_are_matched_by_type_and_key) {
  have({"fruit/apple@1"},
       "file aa path=bin/a mode=0755 owner=root group=bin pkg.size=10\n"
       "file bb path=bin/b mode=0755 owner=root group=bin pkg.size=7\n"
       "dir path=bin mode=0755 owner=root group=bin\n"
       "depend fmri=pear type=require\n");
  have({"fruit/apple@2"},
       "dir path=bin mode=0755 owner=root group=bin\n"
       "depend fmri=pear type=optional\n"
       "file cc path=bin/a mode=0755 owner=root group=bin pkg.size=4\n"
       "link path=bin/b target=a\n");
  are(actions(2, 3), {"changed 0 depend fmri=pear type=require -> depend fmri=pear type=optional",
                      "changed -6 file aa group=bin mode=0755 owner=root path=bin/a pkg.size=10 -> "
                      "file cc group=bin mode=0755 owner=root path=bin/a pkg.size=4",
                      "removed -7 file bb group=bin mode=0755 owner=root path=bin/b pkg.size=7",
                      "added 0 link path=bin/b target=a"});
  BOOST_TEST(packages(2, 3, DiffDepth::kActions).front().size == -13);
  BOOST_TEST(packages(3, 2, DiffDepth::kActions).front().size == 13);
  BOOST_TEST(packages(1, 2, DiffDepth::kActions).front().size == 17);
  BOOST_TEST(packages(2, 3).front().actions.empty());
}

BOOST_AUTO_TEST_CASE(of_actions_with_one_key_those_for_the_same_images_belong_together) {
  const std::string x = "file a path=x variant.arch=i386\n", y = "file b path=x variant.arch=arm\n";
  have({"fruit/apple@1"}, x + y + "license a license=l\nlicense a license=l\n");
  have({"fruit/apple@2"}, "file c path=x variant.arch=i386\nfile 0 path=x variant.arch=sparc\n" +
                              y + "license a license=l\n");
  are(actions(2, 3),
      {"changed 0 file a path=x variant.arch=i386 -> file c path=x variant.arch=i386",
       "added 0 file 0 path=x variant.arch=sparc", "removed 0 license a license=l"});
}

BOOST_AUTO_TEST_CASE(sizes_that_are_none_or_too_large) {
  have({"fruit/apple@1"},
       "file a path=a pkg.size=x\nfile a path=b pkg.size=18446744073709551615\n"
       "file a path=c pkg.size=18446744073709551615\n");
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(packages(1, 2, DiffDepth::kActions).front().size == kMost);
  BOOST_TEST(packages(2, 1, DiffDepth::kActions).front().size == -kMost);
}

BOOST_AUTO_TEST_CASE(metasets_and_manifests_that_are_not_there) {
  have({"fruit/apple@1"});
  BOOST_TEST(fails(Code::kNotFound, "no metaset 3", [&] { diff(1, 3); }));
  BOOST_TEST(fails(Code::kNotFound, "no metaset 0", [&] { diff(0, 1); }));
  const Sha256 digest = view().newest(view().publisher("fruit")->id, "apple")->manifest;
  session.end();
  lmdb::WriteTxn txn(session.store().committed());
  txn.erase(session.store().committed().table(store::kManifests), bytes_of(digest));
  txn.commit();
  session.begin();
  BOOST_TEST(diff(1, 2).size() == 1u);
  BOOST_TEST(
      fails(Code::kNotFound, "the manifest of " + full("fruit/apple@1"), [&] { actions(1, 2); }));
}

BOOST_AUTO_TEST_CASE(as_json) {
  have({"fruit/apple@1"}, "file a path=a pkg.size=5\n");
  replace("fruit/apple@1", "file a path=a pkg.size=7\n");
  rapidjson::Document json;
  rapidjson::Value value = diff_json(view().at(1), view().at(2), DiffDepth::kPackages, json);
  BOOST_TEST(value["from"].GetUint64() == 1u);
  BOOST_TEST(value["to"].GetUint64() == 2u);
  const rapidjson::Value& added = value["packages"][0];
  BOOST_TEST(added["publisher"].GetString() == "fruit");
  BOOST_TEST(added["name"].GetString() == "apple");
  BOOST_TEST(added["change"].GetString() == "added");
  BOOST_TEST(added["from"].IsNull());
  BOOST_TEST(added["to"].GetString() == "1" + kStamp);
  BOOST_TEST(added["added"][0].GetString() == "1" + kStamp);
  BOOST_TEST(added["removed"].Empty());
  BOOST_TEST(!added.HasMember("actions"));
  value = diff_json(view().at(2), view().at(3), DiffDepth::kActions, json);
  const rapidjson::Value& resigned = value["packages"][0];
  BOOST_TEST(resigned["change"].GetString() == "re-signed");
  BOOST_TEST(resigned["resigned"][0].GetString() == "1" + kStamp);
  BOOST_TEST(resigned["size"].GetInt64() == 2);
  const rapidjson::Value& action = resigned["actions"][0];
  BOOST_TEST(action["change"].GetString() == "changed");
  BOOST_TEST(action["action"].GetString() == "file a path=a pkg.size=7");
  BOOST_TEST(action["before"].GetString() == "file a path=a pkg.size=5");
  BOOST_TEST(action["size"].GetInt64() == 2);
  BOOST_TEST(action["version"].GetString() == "1" + kStamp);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::depot
