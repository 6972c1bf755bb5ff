#include "metaset/store/tags.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"

#include "fixture.h"

namespace metaset::store {
namespace {

struct Tagged : TestRepository {
  Tagged() {
    for (const char* fmri :
         {"pkg://first/a@1:20240101T000000Z", "pkg://first/a@2:20240101T000000Z"}) {
      stage(fmri);
      commit_all();
    }
  }
  std::optional<MetasetNumber> tag(std::string_view name, MetasetNumber number, bool move = false) {
    return set_tag(*repository, name, number, "tester", move);
  }
  MetasetNumber named(std::string_view name) {
    const lmdb::ReadTxn txn(repository->committed());
    return require_metaset(repository->committed(), txn, name);
  }
  std::vector<std::string> names(MetasetNumber number) {
    const lmdb::ReadTxn txn(repository->committed());
    return tags_of(repository->committed(), txn, number);
  }
};

template <typename Act>
Code code_of(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kInternal;  // which nothing here throws
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tags, Tagged)

BOOST_AUTO_TEST_CASE(a_tag_is_a_name_of_one_metaset) {
  BOOST_TEST(!tag("r1", 2).has_value());
  BOOST_TEST(named("r1") == 2u);
  BOOST_TEST(tag("r1", 2).value() == 2u);
  BOOST_TEST((code_of([&] { tag("r1", 3); }) == Code::kExists));
  BOOST_TEST(named("r1") == 2u);
  BOOST_TEST(tag("r1", 3, true).value() == 2u);
  BOOST_TEST(named("r1") == 3u);
  tag("a-first", 3);
  tag("R.1_2-b", 2);
  BOOST_TEST(names(3) == (std::vector<std::string>{"a-first", "r1"}),
             boost::test_tools::per_element());
  BOOST_TEST(names(2) == (std::vector<std::string>{"R.1_2-b"}), boost::test_tools::per_element());
  BOOST_TEST(names(1).empty());
}

BOOST_AUTO_TEST_CASE(a_tag_can_be_taken_away) {
  tag("r1", 2);
  BOOST_TEST(remove_tag(*repository, "r1") == 2u);
  BOOST_TEST((code_of([&] { remove_tag(*repository, "r1"); }) == Code::kNotFound));
  BOOST_TEST((code_of([&] { named("r1"); }) == Code::kNotFound));
}

BOOST_AUTO_TEST_CASE(tags_change_no_metaset) {
  const auto digest = [&] {
    const lmdb::ReadTxn txn(repository->committed());
    return View(repository->committed(), txn, 3).record().digest;
  };
  const Sha256 before = digest();
  tag("r1", 3);
  BOOST_TEST((digest() == before));
  BOOST_TEST(latest() == 3u);
  stage("pkg://first/a@3:20240101T000000Z");
  BOOST_TEST(commit_all().number == 4u);
  BOOST_TEST(named("r1") == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_no_name_or_no_metaset) {
  for (const char* bad :
       {"", "1", "1.2", "-x", "a b", "a/b", "a\n", "\xc3\xa4", "20240101T000000Z"}) {
    BOOST_TEST(!is_tag_name(bad), bad);
    BOOST_TEST((code_of([&] { tag(bad, 2); }) == Code::kInvalid), bad);
  }
  BOOST_TEST(is_tag_name(std::string(64, 'x')));
  BOOST_TEST(!is_tag_name(std::string(65, 'x')));
  for (const MetasetNumber number : {0u, 4u}) {
    BOOST_TEST((code_of([&] { tag("r1", number); }) == Code::kNotFound));
  }
}

// Commands and addresses must never mean another thing by a tag than by a number or a time.
BOOST_AUTO_TEST_CASE(a_name_is_of_one_kind_only) {
  rc::check("no tag is a number or a time", [] {
    const auto text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789TZ:-._aAzZ")));
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    if (is_tag_name(text)) RC_ASSERT(!digits && !parse_iso_timestamp(text));
    if (is_tag_name(text) || parse_iso_timestamp(text)) RC_ASSERT(is_metaset_name(text));
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace metaset::store
