// A new metaset with the content of an earlier one. (history_test.cpp has the property.)
#include "metaset/store/rollback.h"

#include <boost/test/unit_test.hpp>

#include "metaset/base/error.h"

#include "fixture.h"

namespace metaset::store {
namespace {

constexpr const char* kFirstApple = "pkg://first/apple@1.0,5.11-1:20240101T000000Z";
constexpr const char* kSecondApple = "pkg://first/apple@2.0,5.11-1:20240201T000000Z";
constexpr const char* kLatePlum = "pkg://third/plum@1.0,5.11-1:20240101T000000Z";

struct RollbackFixture : TestRepository {
  RollbackFixture() {
    stage(kFirstApple);
    commit_all();
  }
  std::optional<MetasetRecord> back_to(MetasetNumber number) {
    RollbackOptions options;
    options.number = number;
    options.who = "tester";
    options.message = "back";
    return rollback(*repository, options);
  }
  std::string text_of(MetasetNumber number, const char* fmri) {
    const ips::Fmri wanted = ips::Fmri::parse(fmri);
    const lmdb::ReadTxn txn(repository->committed());
    const View view(repository->committed(), txn, number);
    const auto entry =
        view.find(view.publisher(wanted.publisher)->id, wanted.name, wanted.version.value());
    return view.manifest(entry->manifest)->text();
  }
};

BOOST_FIXTURE_TEST_SUITE(rolling_back, RollbackFixture)

BOOST_AUTO_TEST_CASE(packages_come_and_go_and_the_past_stays) {
  stage(kSecondApple);
  stage(kLatePlum);
  Staging(repository->staging()).remove("default", {"tester", 2}, ips::Fmri::parse(kFirstApple));
  commit_all();
  const auto record = back_to(2);
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->number == 4u);
  BOOST_TEST(record->parent == 3u);
  BOOST_TEST(record->message == "back");
  BOOST_TEST(record->packages == 1u);
  BOOST_TEST(record->package_versions == 1u);
  BOOST_TEST((visible(4, "first") == visible(2, "first")));
  BOOST_TEST(visible(4, "third").empty());  // the publisher stays, without packages
  BOOST_TEST(visible(3, "third").size() == 1u);
  BOOST_TEST((back_to(3) && visible(5, "first") == visible(3, "first")));
}

BOOST_AUTO_TEST_CASE(a_signed_package_is_unsigned_again) {
  stage(kFirstApple, "signature algorithm=sha256 value=00 version=0\n", ChangeKind::kReplace);
  commit_all();
  BOOST_REQUIRE(back_to(2).has_value());
  BOOST_TEST(text_of(4, kFirstApple) == text_of(2, kFirstApple));
  BOOST_TEST(text_of(4, kFirstApple) != text_of(3, kFirstApple));
}

BOOST_AUTO_TEST_CASE(properties_are_what_they_were) {
  write([](MetasetWriter& writer) {
    writer.set_config(0, R"({"publisher":{"prefix":"second"}})");
    writer.set_config(1, R"({"publishers":[{"name":"first"}],"version":1})");
    writer.set_utf8_feature(1, false);
  });
  BOOST_REQUIRE(back_to(2).has_value());
  const lmdb::ReadTxn txn(repository->committed());
  const View view(repository->committed(), txn, 4);
  BOOST_TEST(view.config(0).value() == R"({"publisher":{"prefix":"first"}})");
  BOOST_TEST(!view.config(1).has_value());
  BOOST_TEST(view.state(1).utf8_feature);
  BOOST_TEST(view.at(3).config(1).has_value());
}

BOOST_AUTO_TEST_CASE(what_has_the_content_already_makes_nothing) {
  BOOST_TEST(!back_to(1).value().publishers.empty());
  BOOST_TEST(!back_to(1).has_value());
  BOOST_TEST(latest() == 3u);
}

BOOST_AUTO_TEST_CASE(metasets_that_are_none_are_refused) {
  for (const MetasetNumber number : {MetasetNumber{0}, MetasetNumber{3}, ~MetasetNumber{0}}) {
    BOOST_CHECK_THROW(back_to(number), Error);
  }
  BOOST_TEST(latest() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
