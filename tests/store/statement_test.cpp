#include "metaset/store/statement.h"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "metaset/base/error.h"

#include "../base/key_files.h"
#include "fixture.h"

namespace metaset::store {
namespace {

struct Signed : TestRepository {
  Signed() {
    stage("pkg://first/a@1:20240101T000000Z");
    commit_all();
    keys.make("one", ed25519());
  }
  std::vector<Statement> stored(MetasetNumber number) {
    const lmdb::ReadTxn txn(repository->committed());
    return statements_of(repository->committed(), txn, number);
  }
  Key secret() { return Key::read_private(keys.path("one.key")); }
  Key known() { return Key::read_public(keys.path("one.pub")); }
  KeyFiles keys;
};

bool is_statement(const std::string& text) {
  try {
    Statement::parse(text);
    return true;
  } catch (const Error& error) {
    BOOST_TEST((error.code() == Code::kInvalid));
    return false;
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(statements, Signed)

BOOST_AUTO_TEST_CASE(a_statement_is_about_one_metaset) {
  const Statement said = sign_metaset(*repository, 2, secret());
  BOOST_TEST(said.number == 2u);
  BOOST_TEST(said.is_by(known()));
  BOOST_TEST(stored(1).empty());
  BOOST_REQUIRE(stored(2).size() == 1u);
  BOOST_TEST(stored(2)[0].text() == said.text());
  const lmdb::ReadTxn txn(repository->committed());
  BOOST_TEST((View(repository->committed(), txn, 2).record().digest == said.digest));
  BOOST_CHECK_THROW(sign_metaset(*repository, 3, secret()), Error);
}

BOOST_AUTO_TEST_CASE(the_newest_of_a_key_counts) {
  const Statement before = sign_metaset(*repository, 2, secret());
  const Statement after = sign_metaset(*repository, 2, secret());
  BOOST_TEST((before.signed_at < after.signed_at));
  BOOST_REQUIRE(stored(2).size() == 1u);
  BOOST_TEST(stored(2)[0].text() == after.text());
}

BOOST_AUTO_TEST_CASE(no_letter_can_be_changed) {
  const std::string text = sign_metaset(*repository, 2, secret()).text();
  const Key key = known();
  rc::check("another text is none, or is not signed", [&] {
    std::string other = text;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    other[at] = *rc::gen::elementOf(std::string("0123456789abcdefABC \nzTZ-:."));
    if (other == text) return;
    if (is_statement(other)) RC_ASSERT(!Statement::parse(other).is_by(key));
  });
  for (std::size_t size = 0; size < text.size(); ++size) {
    BOOST_TEST(!is_statement(text.substr(0, size)));
  }
  BOOST_TEST(!is_statement(text + "\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace metaset::store
