// Users, passwords, and TLS.
#include "../base/has_code.h"
#include "etcd_servers.h"

namespace metaset::group {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A member with authentication: user "app" with password "app-word" may use what is below app/.
struct Guarded {
  EtcdServers servers{1, {"--auth-token-ttl", "2"}};
  EtcdOptions options = servers.options();

  Guarded() {
    const std::vector<std::vector<std::string>> steps = {
        {"user", "add", "root:root-word"},
        {"role", "add", "app"},
        {"role", "grant-permission", "app", "readwrite", "--prefix", "app/"},
        {"user", "add", "app:app-word"},
        {"user", "grant-role", "app", "app"},
        {"auth", "enable"}};
    for (const auto& step : steps) BOOST_REQUIRE(servers.control(step));
    options.user = "app";
    options.password = "app-word";
  }
};

auto denied_without(const std::string& secret) {
  return [secret](const Error& error) {
    BOOST_TEST(error.message().find(secret) == std::string::npos);
    return error.code() == Code::kDenied;
  };
}
void ignore(const std::vector<EtcdEvent>&, std::int64_t) {}

BOOST_FIXTURE_TEST_SUITE(etcd_users, Guarded)

BOOST_AUTO_TEST_CASE(a_user_may_do_what_its_role_allows) {
  EtcdClient client(options);
  const EtcdLease lease = client.lease_grant(seconds(60));
  client.put("app/a", "1", lease.id);
  BOOST_TEST(client.range(EtcdKeys::prefix("app/")).records.size() == 1u);
  BOOST_TEST(client.lease_keepalive(lease.id).has_value());
  BOOST_CHECK_EXCEPTION(client.put("other", "1"), Error, has_code(Code::kDenied));
  BOOST_CHECK_EXCEPTION(client.range(EtcdKeys::prefix("")), Error, has_code(Code::kDenied));
  const EtcdTxn txn{{}, {EtcdOperation::put("other", "1")}, {}};
  BOOST_CHECK_EXCEPTION(client.txn(txn), Error, has_code(Code::kDenied));
  client.lease_revoke(lease.id);
}

BOOST_AUTO_TEST_CASE(watches_need_permission_too) {
  EtcdClient client(options);
  const auto watched = client.watch(EtcdKeys::prefix("app/"), 0, ignore, {}, milliseconds(300));
  BOOST_TEST((watched.end == EtcdWatchEnd::kExpired));
  BOOST_CHECK_EXCEPTION(client.watch(EtcdKeys::one("other"), 0, ignore, {}, seconds(5)), Error,
                        has_code(Code::kDenied));
  EtcdClient nobody(servers.options());
  BOOST_CHECK_EXCEPTION(nobody.watch(EtcdKeys::one("app/"), 0, ignore, {}, seconds(5)), Error,
                        has_code(Code::kDenied));
}

BOOST_AUTO_TEST_CASE(wrong_passwords_and_no_user_are_refused) {
  BOOST_CHECK_EXCEPTION(EtcdClient(servers.options()).range(EtcdKeys::one("app/a")), Error,
                        has_code(Code::kDenied));
  options.password = "some-other-word";
  BOOST_CHECK_EXCEPTION(EtcdClient(options).put("app/a", "1"), Error,
                        denied_without("some-other-word"));
  options.user = "nobody";
  BOOST_CHECK_EXCEPTION(EtcdClient(options).put("app/a", "1"), Error,
                        denied_without("some-other-word"));
}

BOOST_AUTO_TEST_CASE(a_token_is_renewed) {
  EtcdClient client(options);
  client.put("app/a", "1");
  // Tokens are in the member's memory.
  servers.kill(0);
  servers.start(0);
  servers.wait_until_it_answers(0);
  client.put("app/a", "2");
  std::this_thread::sleep_for(seconds(4));  // longer than they live
  const auto watched = client.watch(EtcdKeys::prefix("app/"), 0, ignore, {}, milliseconds(300));
  BOOST_TEST((watched.end == EtcdWatchEnd::kExpired));
  std::this_thread::sleep_for(seconds(4));
  client.put("app/a", "3");
  BOOST_TEST(client.range(EtcdKeys::one("app/a")).records.at(0).version == 3);
  // A change of users makes all tokens old.
  BOOST_REQUIRE(servers.control({"--user", "root:root-word", "user", "add", "late:word"}));
  client.put("app/a", "4");
  BOOST_REQUIRE(servers.control({"--user", "root:root-word", "user", "delete", "app"}));
  BOOST_CHECK_EXCEPTION(client.put("app/a", "5"), Error, has_code(Code::kDenied));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(tls_with_certificates_of_both_sides) {
  const EtcdServers servers(1, {}, EtcdServers::Tls::kOn);
  const EtcdOptions good = servers.options();
  EtcdClient client(good);
  client.put("a", "1");
  BOOST_TEST(client.range(EtcdKeys::one("a")).records.at(0).value == "1");
  BOOST_TEST((client.watch(EtcdKeys::one("a"), 1, ignore, {}, milliseconds(300)).end ==
              EtcdWatchEnd::kExpired));
  // It is not vouched for by the authorities of the system.
  EtcdOptions strange = good;
  strange.ca_file.clear();
  BOOST_CHECK_EXCEPTION(EtcdClient(strange).put("a", "2"), Error, has_code(Code::kDenied));
  EtcdOptions nobody = good;
  nobody.client_cert.clear();
  nobody.client_key.clear();
  BOOST_CHECK_EXCEPTION(EtcdClient(nobody).range(EtcdKeys::one("a")), Error,
                        has_code(Code::kUnavailable));
  BOOST_TEST(client.range(EtcdKeys::one("a")).records.at(0).version == 1);
}

}  // namespace
}  // namespace metaset::group
