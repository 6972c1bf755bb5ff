// Tokens and grants.
#include "metaset/store/access.h"

#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>
#include <sys/stat.h>

#include "metaset/ips/version.h"
#include "metaset/store/audit.h"

#include "fixture.h"

namespace metaset::store {
namespace {

const Actor kAdmin{"local:admin@host", ""};

struct AccessFixture : TestRepository {
  lmdb::Env& env() { return repository->staging(); }
  AccessControl access{repository->staging()};
  std::uint64_t grant(const std::string& identity, const std::string& rights,
                      const std::string& publisher = "*", const std::string& area = "*") {
    return access.add_grant({0, identity, parse_rights(rights), publisher, area, {}, {}}, kAdmin);
  }
  std::vector<std::string> events() {
    std::vector<std::string> result;
    Audit(env()).for_each(~std::uint64_t{0}, [&](const AuditRecord& record) {
      result.push_back(record.event + " " + record.object);
    });
    return result;
  }
};

auto has_code(Code code) {
  return [code](const Error& error) { return error.code() == code; };
}

Time after(Time time, std::int64_t seconds) { return {time.micros + seconds * 1'000'000}; }

BOOST_FIXTURE_TEST_SUITE(access_control, AccessFixture)

BOOST_AUTO_TEST_CASE(a_token_proves_its_name_until_it_is_revoked) {
  const std::string token = access.create_token("build.1", std::nullopt, kAdmin);
  BOOST_TEST(token.size() == 85u);
  BOOST_TEST(token.starts_with("mst_"));
  BOOST_TEST(AccessControl::looks_like_token(token));
  BOOST_REQUIRE(access.check_token(token).has_value());
  BOOST_TEST(access.check_token(token)->name == "build.1");
  BOOST_TEST(access.revoke_token("build.1", kAdmin));
  BOOST_TEST(!access.revoke_token("build.1", kAdmin));
  BOOST_TEST(!access.check_token(token).has_value());
  BOOST_TEST(
      (events() == std::vector<std::string>{"token-create build.1", "token-revoke build.1"}));
}

BOOST_AUTO_TEST_CASE(every_character_of_a_token_counts) {
  const std::string token = access.create_token("build", std::nullopt, kAdmin);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string wrong = token;
    wrong[i] = wrong[i] == '0' ? '1' : '0';
    BOOST_CHECK_MESSAGE(!access.check_token(wrong), wrong);
    BOOST_CHECK_MESSAGE(!access.check_token(token.substr(0, i)), i);
  }
  BOOST_TEST(!access.check_token(token + "0").has_value());
  BOOST_TEST(!access.check_token(std::string(token.size(), '\0')).has_value());
}

BOOST_AUTO_TEST_CASE(the_database_does_not_have_the_secret) {
  const std::string token = access.create_token("build", std::nullopt, kAdmin);
  const std::string bytes = read_file(root + "/staging/data.mdb", 1 << 24);
  BOOST_TEST(bytes.find(token.substr(4, 16)) != std::string::npos);  // the id is there
  const std::string secret = token.substr(21);
  BOOST_TEST(bytes.find(secret) == std::string::npos);
  BOOST_TEST(bytes.find(*from_hex(secret)) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(equal_secrets_would_have_different_hashes) {
  access.create_token("one", std::nullopt, kAdmin);
  access.create_token("two", std::nullopt, kAdmin);
  const lmdb::ReadTxn txn(env());
  lmdb::Cursor cursor(txn, env().table(kTokens));
  std::set<std::array<std::uint8_t, 16>> salts;
  for (bool more = cursor.first(); more; more = cursor.next()) {
    salts.insert(TokenRecord::decode(cursor.value()).salt);
  }
  BOOST_TEST(salts.size() == 2u);
}

BOOST_AUTO_TEST_CASE(names_are_checked_and_unique) {
  access.create_token("build", std::nullopt, kAdmin);
  BOOST_CHECK_EXCEPTION(access.create_token("build", std::nullopt, kAdmin), Error,
                        has_code(Code::kExists));
  for (const char* name : {"", "a b", "a:b", "*", "../x", ".x"}) {
    BOOST_CHECK_EXCEPTION(access.create_token(name, std::nullopt, kAdmin), Error,
                          has_code(Code::kInvalid));
  }
  BOOST_TEST(access.tokens().size() == 1u);
  BOOST_TEST(events().size() == 1u);
}

BOOST_AUTO_TEST_CASE(tokens_expire) {
  const Time end = after(now(), 3600);
  const std::string token = access.create_token("build", end, kAdmin);
  BOOST_TEST(access.check_token(token, after(end, -1)).has_value());
  BOOST_CHECK_EXCEPTION(access.check_token(token, end), Error, [](const Error& error) {
    return error.code() == Code::kDenied && error.message().find("build") != std::string::npos;
  });
  // That it has expired is nothing that a wrong secret finds out.
  std::string wrong = token;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  BOOST_TEST(!access.check_token(wrong, end).has_value());
  BOOST_CHECK_EXCEPTION(access.create_token("late", Time{1}, kAdmin), Error,
                        has_code(Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(the_last_use_is_noted_once_a_minute) {
  const std::string token = access.create_token("build", std::nullopt, kAdmin);
  BOOST_TEST(!access.tokens().at(0).last_used.has_value());
  const Time first = now();
  const auto writes = [this] { return env().statistics().last_transaction; };
  access.check_token(token, first);
  BOOST_TEST((access.tokens().at(0).last_used == first));
  const auto before = writes();
  access.check_token(token, after(first, 59));
  BOOST_TEST(writes() == before);
  access.check_token(token, after(first, 61));
  BOOST_TEST((access.tokens().at(0).last_used == after(first, 61)));
}

BOOST_AUTO_TEST_CASE(nothing_is_granted_by_default) {
  for (const Right right : {Right::kPublish, Right::kCommit, Right::kActivate, Right::kRemove,
                            Right::kAdmin, Right::kPreview}) {
    BOOST_TEST(!access.allowed("local:admin@host", right, "first", "default"));
    BOOST_TEST(!access.allowed("anonymous", right, "", ""));
  }
}

BOOST_AUTO_TEST_CASE(a_grant_covers_what_all_its_patterns_match) {
  const std::uint64_t number = grant("token:build*", "publish,commit", "f*", "rel-?");
  const auto may = [&](const char* identity, Right right, const char* publisher, const char* area) {
    return access.allowed(identity, right, publisher, area);
  };
  BOOST_TEST(may("token:build1", Right::kPublish, "first", "rel-1"));
  BOOST_TEST(may("token:build", Right::kCommit, "f", "rel-2"));
  BOOST_TEST(!may("token:build1", Right::kActivate, "first", "rel-1"));
  BOOST_TEST(!may("token:other", Right::kPublish, "first", "rel-1"));
  BOOST_TEST(!may("user:build1", Right::kPublish, "first", "rel-1"));
  BOOST_TEST(!may("token:build1", Right::kPublish, "second", "rel-1"));
  BOOST_TEST(!may("token:build1", Right::kPublish, "first", "rel-10"));
  // What is about all publishers or areas takes a grant for all of them.
  BOOST_TEST(!may("token:build1", Right::kPublish, "", "rel-1"));
  BOOST_TEST(access.remove_grant(number, kAdmin));
  BOOST_TEST(!access.remove_grant(number, kAdmin));
  BOOST_TEST(!may("token:build1", Right::kPublish, "first", "rel-1"));
  grant("cert:CN=build1,*", "activate");
  BOOST_TEST(may("cert:CN=build1,O=X", Right::kActivate, "", ""));
  BOOST_TEST(!may("cert:CN=build10,O=X", Right::kActivate, "", ""));
}

BOOST_AUTO_TEST_CASE(fingerprints_are_written_in_many_ways) {
  grant("fingerprint:0A:1B:C2*", "publish");
  BOOST_TEST(access.allowed("fingerprint:0a1bc2d3", Right::kPublish, "demo", "default"));
  BOOST_TEST(!access.allowed("fingerprint:0a1bc3d2", Right::kPublish, "demo", "default"));
  BOOST_TEST(access.grants().back().identity == "fingerprint:0a1bc2*");
}

BOOST_AUTO_TEST_CASE(numbers_of_grants_are_never_used_again) {
  const std::uint64_t one = grant("user:jane", "publish");
  access.remove_grant(one, kAdmin);
  const std::uint64_t two = grant("user:jane", "publish,admin", "first");
  BOOST_TEST(two > one);
  const auto grants = access.grants();
  BOOST_REQUIRE(grants.size() == 1u);
  BOOST_TEST(grants[0].number == two);
  BOOST_TEST(grants[0].who == kAdmin.identity);
  BOOST_TEST(events().at(two - 1) == "grant-add user:jane publish,admin -p first -a *");
}

BOOST_AUTO_TEST_CASE(mistyped_grants_are_refused) {
  for (const char* identity : {"", "jane", "tokens:x", "user:", "local:jane", "user:a\nb"}) {
    BOOST_CHECK_EXCEPTION(grant(identity, "publish"), Error, has_code(Code::kInvalid));
  }
  for (const char* rights : {"", "publish,", ",publish", "all", "publish commit"}) {
    BOOST_CHECK_EXCEPTION(grant("user:jane", rights), Error, has_code(Code::kInvalid));
  }
  BOOST_CHECK_EXCEPTION(grant("user:jane", "publish", ""), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(grant("user:jane", "publish", "*", ""), Error, has_code(Code::kInvalid));
  BOOST_TEST(access.grants().empty());
}

BOOST_AUTO_TEST_CASE(rights_have_one_text) {
  BOOST_TEST(rights_text(parse_rights("preview,publish,admin,publish")) == "publish,admin,preview");
  BOOST_TEST(rights_text(0) == "");
}

// Grants in any number say the same as their definition.
BOOST_AUTO_TEST_CASE(agrees_with_the_definition) {
  const bool held = rc::check([] {
    AccessFixture fixture;
    const auto word = [](std::string letters) {
      return rc::gen::resize(4, rc::gen::nonEmpty(rc::gen::container<std::string>(
                                    rc::gen::elementOf(std::move(letters)))));
    };
    std::vector<Grant> grants;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
      grants.push_back({0,
                        "user:" + *word("ab*?"),
                        *rc::gen::inRange<Rights>(1, 64),
                        *word("ab*?"),
                        *word("ab*?"),
                        {},
                        {}});
      fixture.access.add_grant(grants.back(), kAdmin);
    }
    const std::string identity = "user:" + *word("ab"), publisher = *word("ab"), area = *word("ab");
    const auto right = static_cast<Right>(Rights{1} << *rc::gen::inRange(0, 6));
    const bool expected = std::ranges::any_of(grants, [&](const Grant& grant) {
      return (grant.rights & static_cast<Rights>(right)) != 0 &&
             ips::matches_glob(identity, grant.identity) &&
             ips::matches_glob(publisher, grant.publisher) && ips::matches_glob(area, grant.area);
    });
    RC_ASSERT(fixture.access.allowed(identity, right, publisher, area) == expected);
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(the_user_that_serves_cannot_look_into_staging) {
  struct stat info {};
  BOOST_REQUIRE(::stat((root + "/staging").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0700u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::store
