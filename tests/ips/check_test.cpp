#include <boost/test/unit_test.hpp>

#include "metaset/ips/manifest.h"

namespace metaset::ips {
namespace {

const std::string kHash(40, 'a');

void expect_problems(std::string_view text, const std::vector<std::string>& expected) {
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST(check_manifest(text) == expected, boost::test_tools::per_element());
  }
}

void expect_problem(const std::string& line, const std::string& problem) {
  expect_problems(line, {"line 1: " + problem});
}

BOOST_AUTO_TEST_SUITE(check)

BOOST_AUTO_TEST_CASE(finds_nothing_wrong_with_good_manifests) {
  expect_problems("", {});
  expect_problems(
      "set name=pkg.fmri value=pkg://test/a@1,5.11-1:20240101T000000Z\n"
      "# comment\n"
      "dir path=usr mode=0755 owner=root group=bin\n"
      "file " +
          kHash +
          " path=usr/a mode=644 owner=root group=bin pkg.size=1 pkg.csize=2\n"
          "file " +
          std::string(64, '0') +
          " path=usr/b mode=04755 owner=root group=bin\n"
          "link path=l target=t\n"
          "link path=l target=t mediator=m mediator-version=1.2 mediator-implementation=x@1\n"
          "hardlink path=h target=t\n"
          "license " +
          kHash +
          " license=x\n"
          "user username=u group=g uid=1\n"
          "group groupname=g gid=1\n"
          "legacy pkg=x name=y\n"
          "driver name=d alias=a alias=b\n"
          "depend fmri=pkg:/foo@1 type=require\n"
          "depend fmri=foo fmri=bar type=require-any\n"
          "depend fmri=foo predicate=bar@2 type=conditional\n"
          "depend fmri=feature/package/dependency/self type=parent\n"
          "depend fmri=foo root-image=true type=origin\n"
          "signature " +
          kHash + " algorithm=rsa-sha256 value=00 version=0 chain=\"" + kHash +
          "\"\n"
          "signature algorithm=sha256 value=00 version=0\n"
          "set name=x:fr value=a value=b\n",
      {});
}

BOOST_AUTO_TEST_CASE(file_system_objects) {
  const std::string file = "file " + kHash + " path=a ";
  expect_problem(file + "mode=0644 group=bin", "owner is required");
  expect_problem(file + "mode=0644 owner=root group=\" \"", "group is required");
  expect_problem(file + "mode=0644 owner=root owner=bin group=bin",
                 "owner may only be specified once");
  expect_problem("dir path=a owner=root group=bin",
                 "mode is required; value must be of the form '644', '0644', or '04755'.");
  expect_problem("dir path=a owner=root group=bin mode=1 mode=2",
                 "mode may only be specified once");
  for (const char* mode : {"64", "10755", "007555", "0x55", "0789", "-644", "u+rw"}) {
    expect_problem(std::string("dir path=a owner=root group=bin mode=") + mode,
                   "'" + std::string(mode) +
                       "' is not a valid mode; value must be of the form '644', '0644', or "
                       "'04755'.");
  }
  expect_problem(file + "mode=0644 owner=root group=bin pkg.size=x", "pkg.size must be an integer");
  expect_problem(file + "mode=0644 owner=root group=bin facet.a=true facet.a=false",
                 "facet.a may only be specified once");
  expect_problem(file + "mode=0644 owner=root group=bin preserve=a preserve=b",
                 "preserve may only be specified once");
}

BOOST_AUTO_TEST_CASE(payload_hashes) {
  const std::string rest = " path=a mode=0644 owner=root group=bin";
  const std::string rule = " is not a payload hash; it must be 40 or 64 lower-case hex digits";
  expect_problem("file NOHASH" + rest, "'NOHASH'" + rule);
  expect_problem("file " + std::string(40, 'A') + rest, "'" + std::string(40, 'A') + "'" + rule);
  expect_problem("file ../../x" + rest, "'../../x'" + rule);
  expect_problem("file" + rest, "a file action needs the hash of its payload");
  expect_problem("signature value=x chain=\"" + kHash + " zz\"", "'zz'" + rule);
}

BOOST_AUTO_TEST_CASE(dependencies) {
  expect_problem("depend fmri=a", "type is required");
  expect_problem("depend fmri=a type=\"\"", "type is required");
  expect_problem("depend fmri=a type=needs", "Unknown type 'needs' in depend action");
  expect_problem("depend fmri=a@01 type=require",
                 "invalid fmri value: Illegal FMRI 'a@01': Bad version '01': the release must be "
                 "numbers without leading zeros, joined by '.'");
  expect_problem("depend fmri=pkg:/a_/ type=require",
                 "invalid fmri value: Illegal FMRI 'pkg:/a_/': Invalid Package Name: 'a_/'");
  expect_problem("depend fmri=a fmri=b type=require", "fmri may only be specified once");
  expect_problem("depend fmri=a type=conditional", "predicate is required");
  expect_problem("depend fmri=a predicate=b type=require",
                 "a predicate may only be specified for conditional dependencies");
  expect_problem("depend fmri=a root-image=true type=require",
                 "the root-image attribute is only valid for origin dependencies");
}

BOOST_AUTO_TEST_CASE(links) {
  expect_problem("link path=a", "target is required");
  expect_problem("hardlink path=a target=b target=c", "target may only be specified once");
  expect_problem("link path=a target=b mediator=m",
                 "a mediator-version or mediator-implementation must be provided if a mediator is "
                 "specified");
  expect_problem("link path=a target=b mediator-version=1",
                 "a mediator must be provided when mediator-version, mediator-implementation, or "
                 "mediator-priority is specified");
  expect_problem("link path=a target=b mediator=m/x mediator-version=1",
                 "'m/x' is not a valid mediator");
  expect_problem("link path=a target=b mediator=m mediator-version=x",
                 "'x' is not a valid mediator-version");
  expect_problem("link path=a target=b mediator=m mediator-implementation=x@",
                 "'x@' is not a valid mediator-implementation");
  expect_problem("link path=a target=b mediator=m mediator-version=1 mediator-priority=low",
                 "'low' is not a valid mediator-priority");
}

BOOST_AUTO_TEST_CASE(other_types) {
  expect_problem("user username=u", "group is required");
  expect_problem("user username=u group=g uid=x", "uid must be an integer");
  expect_problem("group groupname=g gid=1 gid=2", "gid may only be specified once");
  expect_problem("legacy pkg=p name=a name=b", "name may only be specified once");
  expect_problem("signature algorithm=sha256", "value is required");
  expect_problem("license " + kHash + " license=a must-accept=true must-accept=false",
                 "must-accept may only be specified once");
  expect_problem("driver name=d reboot-needed=true reboot-needed=false",
                 "reboot-needed may only be specified once");
}

BOOST_AUTO_TEST_CASE(attributes_of_packages) {
  expect_problem("set name=pkg.summary value=a value=b", "pkg.summary may have only one value");
  expect_problem("set name=pkg.additional-update-on-uninstall value=a@",
                 "invalid value value: Illegal FMRI 'a@': Bad version '': it is empty");
  expect_problem("set name=pkg.summary:x/y value=a",
                 "illegal locale 'x/y' in the name of a set action");
  expect_problem("set name=pkg.fmri value=a", "the pkg.fmri has no version");
  expect_problem("set name=pkg.fmri value=pkg://a_b/x@1", "Invalid publisher prefix: 'a_b'");
  expect_problems("set pkg.fmri=a@1\nset pkg.fmri=a@1", {"line 2: more than one pkg.fmri"});
}

BOOST_AUTO_TEST_CASE(obsolete_and_renamed_packages) {
  const std::string obsolete = "set pkg.obsolete=true\n";
  const std::string renamed = "set pkg.renamed=true\n";
  const std::string require = "depend fmri=b type=require\n";
  const std::string signature = "signature algorithm=sha256 value=0\n";
  const std::string dir = "dir path=a mode=0755 owner=root group=bin\n";
  const std::string needs =
      "A renamed package must contain at least one 'depend' action of type 'require'.";
  expect_problems(obsolete + signature, {});
  expect_problems(renamed + require + signature, {});
  expect_problems("set pkg.obsolete=false\n" + dir, {});
  expect_problems(obsolete + require,
                  {"line 2: A 'depend' action cannot be present in an obsolete package"});
  expect_problems(dir + dir + obsolete,
                  {"line 1: A 'dir' action cannot be present in an obsolete package"});
  expect_problems(renamed + require + dir,
                  {"line 3: A 'dir' action cannot be present in a renamed package"});
  expect_problems(renamed, {needs});
  expect_problems(renamed + "depend fmri=b type=optional\n", {needs});
  expect_problems(renamed + obsolete,
                  {"A package may not be marked for both obsoletion and renaming."});
}

BOOST_AUTO_TEST_CASE(lines_that_cannot_be_read) {
  expect_problems("set name=\n\ndirr path=x\nset a=b\n",
                  {"line 1, column 10: missing value in action 'set name='",
                   "line 3: unknown action type 'dirr' in action 'dirr path=x'"});
  expect_problems("set a=b\n set c=d \\\n", {"line 2: the last line ends in a backslash"});
  expect_problems("set a=b\r\n", {"line 1: carriage return"});
  expect_problems("set a=\xff\n", {"line 1: bytes that are not UTF-8"});
  for (const char* text : {"set a=b\v", "set a=b\x1c", "set a=\xc2\x85", "set a=\xe2\x80\xa8"}) {
    expect_problems(text, {"line 1: a character that clients take for the end of a line"});
  }
}

BOOST_AUTO_TEST_CASE(reports_the_first_hundred) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "x\n";
  BOOST_TEST(check_manifest(text).size() == 100U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::ips
