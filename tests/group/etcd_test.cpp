// The client with one real member.
#include <atomic>

#include <rapidcheck.h>

#include "../base/has_code.h"
#include "etcd_servers.h"

namespace metaset::group {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Relation = EtcdRelation;

struct OneMember {
  EtcdServers servers{1};
  EtcdClient client{servers.options()};

  std::string value(const std::string& key) {
    const EtcdRecords records = client.range(EtcdKeys::one(key));
    return records.records.empty() ? "(none)" : records.records[0].value;
  }
  bool holds(const EtcdCompare& compare) { return client.txn({{compare}, {}, {}}).succeeded; }
};

BOOST_FIXTURE_TEST_SUITE(etcd_one_member, OneMember)

BOOST_AUTO_TEST_CASE(what_was_put_is_there) {
  const std::int64_t first = client.put("a/1", "one");
  const std::int64_t second = client.put("a/1", "");
  client.put("a/2", "two");
  client.put("b", "three");
  BOOST_TEST(second == first + 1);
  const EtcdRecords read = client.range(EtcdKeys::prefix("a/"));
  BOOST_TEST(read.revision == first + 3);
  BOOST_REQUIRE(read.records.size() == 2u);
  BOOST_TEST((read.records[0] == EtcdRecord{"a/1", "", first, second, 2, 0}));
  BOOST_TEST(read.find("a/2")->value == "two");
  BOOST_TEST(read.find("b") == nullptr);
  BOOST_TEST(client.range(EtcdKeys::prefix("")).records.size() == 3u);
  BOOST_TEST(client.range(EtcdKeys::one("b"), true).records.size() == 1u);
  BOOST_TEST(client.del(EtcdKeys::prefix("a/")) == 2);
  BOOST_TEST(client.del(EtcdKeys::one("a/1")) == 0);
  BOOST_TEST(client.range(EtcdKeys::prefix("a/")).records.empty());
}

BOOST_AUTO_TEST_CASE(any_bytes_come_back) {
  BOOST_TEST(rc::check([&](const std::string& end, const std::string& text) {
    const std::string key = "any/" + end;
    client.put(key, text);
    RC_ASSERT(value(key) == text);
  }));
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  client.put(all, all);
  BOOST_TEST((value(all) == all));
  const std::string large(1 << 20, '\xff');
  client.put("large", large);
  BOOST_TEST((value("large") == large));
}

BOOST_AUTO_TEST_CASE(each_compare_means_what_it_says) {
  const std::int64_t made = client.put("m/a", "x");
  const std::int64_t changed = client.put("m/a", "y");
  const std::int64_t other = client.put("m/b", "z");
  const EtcdKeys one = EtcdKeys::one("m/a"), both = EtcdKeys::prefix("m/");
  BOOST_TEST(holds(EtcdCompare::create_revision(one, Relation::kEqual, made)));
  BOOST_TEST(!holds(EtcdCompare::create_revision(one, Relation::kEqual, changed)));
  BOOST_TEST(holds(EtcdCompare::mod_revision(one, Relation::kEqual, changed)));
  BOOST_TEST(holds(EtcdCompare::mod_revision(one, Relation::kNotEqual, made)));
  BOOST_TEST(!holds(EtcdCompare::mod_revision(one, Relation::kNotEqual, changed)));
  BOOST_TEST(holds(EtcdCompare::version(one, Relation::kGreater, 1)));
  BOOST_TEST(!holds(EtcdCompare::version(one, Relation::kGreater, 2)));
  BOOST_TEST(holds(EtcdCompare::value_is(one, Relation::kEqual, "y")));
  BOOST_TEST(holds(EtcdCompare::value_is(one, Relation::kLess, "ya")));
  BOOST_TEST(!holds(EtcdCompare::value_is(one, Relation::kEqual, "")));
  BOOST_TEST(holds(EtcdCompare::lease(one, Relation::kEqual, 0)));
  BOOST_TEST(holds(EtcdCompare::exists("m/a")));
  BOOST_TEST(!holds(EtcdCompare::absent("m/a")));
  BOOST_TEST(holds(EtcdCompare::absent("m/c")));
  // Of all keys of a range.
  BOOST_TEST(holds(EtcdCompare::create_revision(both, Relation::kLess, other + 1)));
  BOOST_TEST(!holds(EtcdCompare::create_revision(both, Relation::kLess, other)));
  BOOST_TEST(holds(EtcdCompare::mod_revision(both, Relation::kGreater, made)));
  BOOST_TEST(!holds(EtcdCompare::mod_revision(both, Relation::kGreater, changed)));
  BOOST_TEST(holds(EtcdCompare::create_revision(EtcdKeys::prefix("n/"), Relation::kEqual, 0)));
  BOOST_TEST(!holds(EtcdCompare::value_is(EtcdKeys::one("n"), Relation::kNotEqual, "x")));
}

BOOST_AUTO_TEST_CASE(a_transaction_does_one_branch) {
  client.put("old/1", "x");
  client.put("old/2", "x");
  const EtcdTxn txn{{EtcdCompare::absent("new")},
                    {EtcdOperation::put("new", "n"), EtcdOperation::range(EtcdKeys::prefix("old/")),
                     EtcdOperation::del(EtcdKeys::prefix("old/"))},
                    {EtcdOperation::range(EtcdKeys::one("new"))}};
  const EtcdTxnResult done = client.txn(txn);
  BOOST_TEST(done.succeeded);
  BOOST_REQUIRE(done.results.size() == 3u);
  BOOST_TEST(done.results[1].records.size() == 2u);
  BOOST_TEST(done.results[2].deleted == 2);
  const EtcdTxnResult again = client.txn(txn);
  BOOST_TEST(!again.succeeded);
  BOOST_TEST(again.revision == done.revision);
  BOOST_REQUIRE(again.results.size() == 1u);
  BOOST_REQUIRE(again.results[0].records.size() == 1u);
  BOOST_TEST(again.results[0].records[0].mod_revision == done.revision);
}

BOOST_AUTO_TEST_CASE(keys_go_with_their_lease) {
  const EtcdLease lease = client.lease_grant(seconds(60));
  BOOST_TEST(lease.ttl.count() == 60);
  client.put("member", "here", lease.id);
  BOOST_TEST(client.range(EtcdKeys::one("member")).records.at(0).lease == lease.id);
  BOOST_TEST(client.lease_keepalive(lease.id).value().count() == 60);
  BOOST_TEST(client.lease_keepalive(lease.id, "member").value().count() == 60);
  client.put("free", "no lease");
  BOOST_TEST(!client.lease_keepalive(lease.id, "free").has_value());
  BOOST_TEST(!client.lease_keepalive(lease.id, "nowhere").has_value());
  client.lease_revoke(lease.id);
  BOOST_TEST(value("member") == "(none)");
  BOOST_TEST(!client.lease_keepalive(lease.id).has_value());
  BOOST_TEST(!client.lease_keepalive(lease.id, "member").has_value());
  client.lease_revoke(lease.id);
  BOOST_CHECK_EXCEPTION(client.put("member", "late", lease.id), Error, has_code(Code::kNotFound));
  const EtcdTxn late{{}, {EtcdOperation::put("member", "late", lease.id)}, {}};
  BOOST_CHECK_EXCEPTION(client.txn(late), Error, has_code(Code::kNotFound));
  BOOST_TEST(value("member") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_lease_that_nobody_renews_ends) {
  const EtcdLease lease = client.lease_grant(seconds(1));
  client.put("member", "here", lease.id);
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (value("member") == "here" && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  BOOST_TEST(value("member") == "(none)");
  BOOST_TEST(!client.lease_keepalive(lease.id).has_value());
}

BOOST_AUTO_TEST_CASE(refusals_say_what_is_wrong) {
  BOOST_CHECK_EXCEPTION(client.put("", "x"), Error, has_code(Code::kInvalid));
  BOOST_CHECK_EXCEPTION(client.put("x", std::string((1 << 20) + 1, 'x')), Error,
                        has_code(Code::kLimit));
  const EtcdTxn twice{{}, {EtcdOperation::put("a", "1"), EtcdOperation::put("a", "2")}, {}};
  BOOST_CHECK_EXCEPTION(client.txn(twice), Error, has_code(Code::kInvalid));
  BOOST_TEST(value("a") == "(none)");
  EtcdOptions options = servers.options();
  options.user = "somebody";
  options.password = "secret-word";
  BOOST_CHECK_EXCEPTION(EtcdClient(options).range(EtcdKeys::one("a")), Error,
                        [](const Error& error) {
                          BOOST_TEST(error.message().find("secret-word") == std::string::npos);
                          return error.code() == Code::kInvalid;
                        });
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_large) {
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 8; ++i) client.put("large/" + std::to_string(i), megabyte);
  BOOST_CHECK_EXCEPTION(client.range(EtcdKeys::prefix("large/")), Error, has_code(Code::kLimit));
  BOOST_TEST((value("large/7") == megabyte));
}

BOOST_AUTO_TEST_CASE(what_is_no_endpoint) {
  for (const char* list :
       {"", "127.0.0.1:2379", "http://a,", "ftp://a", "http://u:p@a", "http://a?b"}) {
    BOOST_TEST_CONTEXT(list) {
      BOOST_CHECK_EXCEPTION(etcd_endpoints(list), Error, has_code(Code::kInvalid));
    }
  }
  BOOST_TEST(etcd_endpoints("http://a:1,https://b").size() == 2u);
  BOOST_CHECK_EXCEPTION(EtcdClient{EtcdOptions{}}, Error, has_code(Code::kInvalid));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::group
