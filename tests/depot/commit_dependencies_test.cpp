// Dependencies before a commit: what is missing in the result, and what is not.
#include "commit_check_fixture.h"

namespace metaset::depot {
namespace {

BOOST_AUTO_TEST_CASE(the_half_published_release_is_named_completely) {
  CheckedDepot t;
  t.have("lib@1");
  t.stage("app@2", depend("require", "pkg:/lib@2") + depend("require", "nothing"));
  t.stage("entire@2", depend("incorporate", "lib@2") + depend("incorporate", "elsewhere@1"));
  same(t.check(), {"E dependencies app: require dependency on lib@2: the newest version is 1",
                   "E dependencies app: require dependency on nothing: there is no such package",
                   "E dependencies entire: incorporate dependency on lib@2: no version matches, "
                   "the newest one is 1",
                   "E dependencies entire: incorporate dependency on elsewhere@1: there is no such "
                   "package"});
  t.stage("lib@2.1");
  t.stage("nothing@0");
  t.stage("elsewhere@1.5");
  same(t.check(), {});
}

BOOST_AUTO_TEST_CASE(incorporated_versions_match_by_whole_numbers) {
  CheckedDepot t;
  t.have("lib@1.10-2024.0");
  t.stage("a@1", depend("incorporate", "lib@1.10-2024") + depend("incorporate", "lib@1"));
  same(t.check(), {});
  t.stage("b@1", depend("incorporate", "lib@1.1"));
  BOOST_TEST(t.check().size() == 1u);
}

BOOST_AUTO_TEST_CASE(publishers_named_in_dependencies_count) {
  CheckedDepot t;
  t.have("lib@1");
  t.stage("a@1", depend("require", "pkg://fruit/lib"));
  same(t.check(), {});
  t.stage("b@1", depend("require", "pkg://example.org/lib") +
                     depend("require", "pkg://far.org/lib") +
                     depend("incorporate", "pkg://far.org/lib@1"));
  same(t.check(),
       {"E dependencies b: require dependency on pkg://example.org/lib: there is no such package",
        "W dependencies b: require dependency on pkg://far.org/lib: publisher far.org is not in "
        "this repository",
        "W dependencies b: incorporate dependency on pkg://far.org/lib@1: publisher far.org is not "
        "in this repository"});
}

BOOST_AUTO_TEST_CASE(the_other_types_of_dependency) {
  CheckedDepot t;
  t.have("lib@1");
  t.have("here@1");
  t.stage("a@1", "depend type=require-any fmri=none fmri=lib@1\n" + depend("optional", "none@5") +
                     depend("exclude", "lib") + depend("parent", "feature/self") +
                     depend("origin", "none@1") + depend("group", "lib") +
                     "depend type=conditional fmri=none predicate=absent\n"
                     "depend type=conditional fmri=none predicate=here@2\n"
                     "depend type=origin root-image=true fmri=lib@7\n");
  same(t.check(), {});
  t.stage("b@1", "depend type=require-any fmri=none fmri=lib@2\n" + depend("optional", "lib@5") +
                     depend("origin", "lib@6") + depend("group", "none") +
                     "depend type=conditional fmri=none predicate=here@1\n");
  same(t.check(),
       {"E dependencies b: require-any dependency on none or lib@2: there is no such package; the "
        "newest version is 1",
        "W dependencies b: optional dependency on lib@5: the newest version is 1",
        "E dependencies b: origin dependency on lib@6: the newest version is 1",
        "E dependencies b: group dependency on none: there is no such package",
        "E dependencies b: conditional dependency on none: there is no such package"});
}

BOOST_AUTO_TEST_CASE(renames_are_followed) {
  CheckedDepot t;
  const std::string renamed = "set name=pkg.renamed value=true\n";
  t.have("old@2", renamed + depend("require", "middle@2"));
  t.stage("app@1", depend("require", "old@2"));
  same(t.check(), {"E dependencies app: require dependency on old@2: what it was renamed to is "
                   "missing"});
  t.stage("middle@2", renamed + depend("require", "new@2"));
  t.stage("new@2");
  same(t.check(), {});
  t.stage("circle@1", renamed + depend("require", "circle@1"));
  same(t.check(), {"E dependencies circle: require dependency on circle@1: what it was renamed to "
                   "is missing"});
}

BOOST_AUTO_TEST_CASE(obsolete_and_renamed_packages_keep_their_rules) {
  CheckedDepot t;
  const std::string obsolete = "set name=pkg.obsolete value=true\n";
  t.have("lib@1");
  t.stage("lib@2", obsolete);
  t.stage("app@1", depend("require", "lib@2"));
  t.stage("fine@1", depend("require", "lib") + depend("incorporate", "lib@2"));
  same(t.check(), {"E obsolete app: require dependency on lib@2: it is obsolete"});
  CheckedDepot u;
  u.stage("a@1", obsolete + "set name=pkg.renamed value=true\n");
  u.stage("b@1", obsolete + depend("optional", "x"));
  u.stage("c@1", "set name=pkg.renamed value=true\ndir path=x owner=a group=b mode=0755\n");
  same(u.check(),
       {"E obsolete a: it is marked both as obsolete and as renamed",
        "E obsolete b: line 3: an obsolete package may only have set and signature actions",
        "E obsolete c: line 3: a renamed package may only have set, depend and signature actions",
        "E obsolete c: a renamed package must have a depend action of type require that names the "
        "new package"});
}

BOOST_AUTO_TEST_CASE(removals_are_held_against_who_stays) {
  CheckedDepot t;
  t.have("lib@1");
  t.have("lib@2");
  t.have("old@1", depend("require", "missing"));  // was broken before
  t.have("app@1", depend("require", "lib@2") + "set name=pkg.summary value=\"fmri=none\"\n");
  t.have("loose@1", depend("require", "pkg:/lib"));
  t.have("leaves@1", depend("require", "lib@2"));
  t.have("other@1", depend("require", "library"));
  t.stage_removal("lib@2");
  t.stage_removal("leaves@1");
  same(t.check(), {"E dependencies app: require dependency on lib@2: the newest version is 1"});
  t.stage_removal("lib@1");
  BOOST_TEST(t.check().size() == 2u);
  t.stage("lib@3");
  same(t.check(), {});
}

}  // namespace
}  // namespace metaset::depot
