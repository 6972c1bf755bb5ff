// Who a request comes from, and which variables a client can put what it likes into.
#include "metaset/http/identity.h"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <openssl/evp.h>
#include <rapidcheck.h>

#include "metaset/store/repository.h"

#include "dispatcher_fixture.h"
#include "has_code.h"

namespace metaset::http {
namespace {

const store::Actor kAdmin{"local:admin@host", ""};

std::string basic(const std::string& pair) {
  std::string out((pair.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(pair.data()),
                                   static_cast<int>(pair.size()));
  out.resize(static_cast<std::size_t>(size));
  return "Basic " + out;
}

struct IdentityFixture {
  IdentityFixture() {
    const std::string root = directory.path() + "/repo";
    store::Repository::create(root, {"first"}, R"({"publisher":{"prefix":"first"}})",
                              {"tester", "made", std::nullopt, true});
    repository = std::make_unique<store::Repository>(root, store::Access::kWrite);
    access = std::make_unique<store::AccessControl>(repository->staging());
    token = access->create_token("build", std::nullopt, kAdmin);
  }
  Identity identify(const std::string& auth, Environment environment) {
    environment["METASET_AUTH"] = auth;
    environment.try_emplace("METASET_ROOT", "/repo");
    environment.try_emplace("REMOTE_ADDR", "192.0.2.7");
    environment.try_emplace("SERVER_ADDR", "192.0.2.1");
    FakeGateway gateway(environment);
    const Request request(gateway);
    return authenticate(request, parse_config(request), *access);
  }
  std::string name(const std::string& auth, const Environment& environment) {
    return identify(auth, environment).name;
  }
  // The message of the refusal; fails unless there is one that clients understand.
  std::string refusal(const std::string& auth, const Environment& environment) {
    try {
      BOOST_ERROR("accepted: " + name(auth, environment));
    } catch (const StatusError& error) {
      BOOST_TEST(error.status() == 401);
      std::map<std::string, std::string> headers(error.headers().begin(), error.headers().end());
      BOOST_TEST(headers["WWW-Authenticate"] == "Basic realm=\"metaset\"");
      BOOST_TEST(headers["X-IPkg-Error"] == "ENT");
      return error.message();
    }
    return {};
  }

  TemporaryDirectory directory;
  std::unique_ptr<store::Repository> repository;
  std::unique_ptr<store::AccessControl> access;
  std::string token;
};

constexpr const char* kAll = "cert,user,token,anonymous";
const Environment kLocal = {{"REMOTE_ADDR", "127.0.0.1"}, {"SERVER_ADDR", "127.0.0.1"}};

Environment with(Environment environment, const Environment& more) {
  environment.insert(more.begin(), more.end());
  return environment;
}

BOOST_FIXTURE_TEST_SUITE(identity, IdentityFixture)

BOOST_AUTO_TEST_CASE(certificates) {
  const Environment good = {
      {"SSL_CLIENT_VERIFY", "SUCCESS"},
      {"SSL_CLIENT_S_DN", "CN=build1,O=Example"},
      {"SSL_CLIENT_FINGERPRINT", "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01"}};
  const Identity known = identify("cert", good);
  BOOST_TEST(known.name == "cert:CN=build1,O=Example");
  BOOST_TEST((known.kind == AuthSource::kCertificate));
  BOOST_TEST(known.fingerprint == "abcdef0123456789abcdef0123456789abcdef01");
  BOOST_TEST(known.address == "192.0.2.7");
  for (const char* verdict :
       {"", "NONE", "FAILED", "FAILED:expired", "success", "SUCCESS ", "GENEROUS"}) {
    Environment bad = good;
    bad["SSL_CLIENT_VERIFY"] = verdict;
    refusal("cert", bad);
  }
  refusal("cert", {{"SSL_CLIENT_VERIFY", "SUCCESS"}});
  refusal("cert", {{"SSL_CLIENT_VERIFY", "SUCCESS"}, {"SSL_CLIENT_S_DN", "CN=a\nb"}});
  refusal("cert", {{"SSL_CLIENT_VERIFY", "SUCCESS"}, {"SSL_CLIENT_S_DN", std::string(2000, 'x')}});
  BOOST_TEST(identify("cert", {{"SSL_CLIENT_VERIFY", "SUCCESS"},
                               {"SSL_CLIENT_S_DN", "CN=a"},
                               {"SSL_CLIENT_FINGERPRINT", "*"}})
                 .fingerprint == "");
}

// Apache gives the certificate itself; what is in it does not matter here.
BOOST_AUTO_TEST_CASE(fingerprints_of_certificates) {
  const auto fingerprint = [&](const std::string& pem) {
    return identify("cert", {{"SSL_CLIENT_VERIFY", "SUCCESS"},
                             {"SSL_CLIENT_S_DN", "CN=a"},
                             {"SSL_CLIENT_CERT", pem}})
        .fingerprint;
  };
  const std::string begin = "-----BEGIN CERTIFICATE-----", end = "-----END CERTIFICATE-----\n";
  const std::string known = "a9993e364706816aba3e25717850c26c9cd0d89d";  // of "abc"
  BOOST_TEST(fingerprint(begin + "\nYWJj\n" + end) == known);
  BOOST_TEST(fingerprint(begin + " YW\r\nJj " + end) == known);
  for (const std::string& bad : {std::string("YWJj"), begin + "\nYWJ*\n" + end, std::string()}) {
    BOOST_TEST(fingerprint(bad) == "");
  }
}

BOOST_AUTO_TEST_CASE(users) {
  BOOST_TEST(name("user", {{"REMOTE_USER", "jane"}}) == "user:jane");
  refusal("user", {});
  refusal("user", {{"REMOTE_USER", "ja\x01ne"}});
  refusal("user", {{"REMOTE_USER", "\xff"}});
  // Basic credentials that the web server has checked stay what they are.
  BOOST_TEST(name("token,user", {{"REMOTE_USER", "jane"},
                                 {"HTTP_AUTHORIZATION", basic("jane:password")}}) == "user:jane");
}

// nginx sets $remote_user from whatever the client sends, unless it checks passwords there.
BOOST_AUTO_TEST_CASE(the_user_name_beside_a_token_is_no_user) {
  const Environment request = {{"REMOTE_USER", "root"},
                               {"HTTP_AUTHORIZATION", basic("root:" + token)}};
  refusal("user", request);
  refusal("user,token", request);
  BOOST_TEST(name("user,token",
                  {{"REMOTE_USER", "build"}, {"HTTP_AUTHORIZATION", basic("build:" + token)}}) ==
             "token:build");
}

BOOST_AUTO_TEST_CASE(tokens) {
  for (const std::string& field :
       {"Bearer " + token, "bearer  " + token, basic("build:" + token), basic(":" + token)}) {
    const Identity known = identify("token", {{"HTTP_AUTHORIZATION", field}});
    BOOST_TEST(known.name == "token:build");
    BOOST_TEST((known.kind == AuthSource::kToken));
  }
  std::string wrong = token;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  for (const std::string& field :
       {std::string("Bearer"), "Bearer " + wrong, token, "Token " + token, basic(token),
        basic("other:" + token), basic("build:" + token + " "), basic("build:" + wrong),
        basic("build:password"), std::string("Basic ===="), std::string("Basic !!!!"),
        std::string("Basic YQ"), "Basic " + std::string(20'000, 'A')}) {
    refusal("token", {{"HTTP_AUTHORIZATION", field}});
    // Who shows something wrong does not become nobody instead.
    refusal(kAll, with(kLocal, {{"HTTP_AUTHORIZATION", field}}));
  }
  refusal("token", {});
  access->revoke_token("build", kAdmin);
  BOOST_TEST(refusal("token", {{"HTTP_AUTHORIZATION", "Bearer " + token}}).find("revoked") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(refusals_do_not_repeat_secrets) {
  const std::string message = refusal("token", {{"HTTP_AUTHORIZATION", basic("u:hunter2")}});
  BOOST_TEST(message.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(anonymous_only_on_loopback) {
  BOOST_TEST(name("anonymous", kLocal) == "anonymous");
  BOOST_TEST(name("anonymous", {{"REMOTE_ADDR", "::1"}, {"SERVER_ADDR", "::1"}}) == "anonymous");
  BOOST_TEST(name("anonymous", {{"REMOTE_ADDR", "::ffff:127.0.0.1"},
                                {"SERVER_ADDR", "127.1.2.3"},
                                {"HTTP_HOST", "[::1]:8080"}}) == "anonymous");
  refusal("token", kLocal);
  for (const char* address : {"192.0.2.7", "", "unix:", "127.0.0.1.example", "127.1",
                              "::ffff:10.0.0.1", "fe80::1", "0.0.0.0", "localhost"}) {
    refusal("anonymous", {{"REMOTE_ADDR", address}, {"SERVER_ADDR", "127.0.0.1"}});
    refusal("anonymous", {{"REMOTE_ADDR", "127.0.0.1"}, {"SERVER_ADDR", address}});
  }
}

BOOST_AUTO_TEST_CASE(anonymous_neither_through_a_proxy_nor_a_foreign_name) {
  for (const char* field : {"HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST",
                            "HTTP_X_REAL_IP", "HTTP_VIA"}) {
    refusal("anonymous", with(kLocal, {{field, "127.0.0.1"}}));
  }
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:80", "[::1]"}) {
    BOOST_TEST(name("anonymous", with(kLocal, {{"HTTP_HOST", host}})) == "anonymous");
  }
  for (const char* host : {"attacker.example", "localhost.attacker.example", "[", ":80"}) {
    refusal("anonymous", with(kLocal, {{"HTTP_HOST", host}}));
  }
}

// Everything that a client can send arrives as HTTP_*.
BOOST_AUTO_TEST_CASE(what_a_client_can_forge_does_nothing) {
  const Environment forged = {{"HTTP_REMOTE_USER", "root"},
                              {"HTTP_AUTH_TYPE", "Basic"},
                              {"HTTP_SSL_CLIENT_VERIFY", "SUCCESS"},
                              {"HTTP_SSL_CLIENT_S_DN", "CN=root"},
                              {"HTTP_SSL_CLIENT_FINGERPRINT", std::string(40, 'a')},
                              {"HTTP_X_REMOTE_USER", "root"},
                              {"HTTP_X_SSL_CLIENT_VERIFY", "SUCCESS"},
                              {"HTTP_X_SSL_CLIENT_S_DN", "CN=root"},
                              {"HTTP_METASET_AUTH", "anonymous"},
                              {"HTTP_REMOTE_ADDR", "127.0.0.1"},
                              {"HTTP_SERVER_ADDR", "127.0.0.1"},
                              {"HTTP_PROXY", "x"}};
  refusal("cert,user,token", forged);
  refusal(kAll, forged);
  refusal(kAll, with(forged, {{"HTTP_X_FORWARDED_FOR", "127.0.0.1"}}));
  BOOST_TEST(name(kAll, with(forged, {{"REMOTE_USER", "jane"}})) == "user:jane");
  BOOST_TEST(
      identify(kAll, with(forged, {{"SSL_CLIENT_VERIFY", "SUCCESS"}, {"SSL_CLIENT_S_DN", "CN=a"}}))
          .fingerprint == "");
}

BOOST_AUTO_TEST_CASE(header_fields_of_any_name_give_no_identity) {
  const bool held = rc::check([this] {
    Environment environment;
    for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
      const std::string field = *rc::gen::element<std::string>(
          "REMOTE_USER", "SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN", "REMOTE_ADDR", "SERVER_ADDR",
          "AUTHORIZATION", "X_FORWARDED_FOR", "HOST", "METASET_AUTH", "COOKIE", "HTTP_REMOTE_USER");
      environment["HTTP_" + field] = *rc::gen::element<std::string>(
          "root", "SUCCESS", "CN=root", "127.0.0.1", "Basic cm9vdDpyb290", "anonymous", "Bearer x");
    }
    bool refused = false;
    try {
      identify(kAll, environment);
    } catch (const StatusError& error) {
      refused = error.status() == 401;
    }
    RC_ASSERT(refused);
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_CASE(the_order_of_the_list_decides) {
  const Environment both = {{"SSL_CLIENT_VERIFY", "SUCCESS"},
                            {"SSL_CLIENT_S_DN", "CN=a"},
                            {"HTTP_AUTHORIZATION", "Bearer " + token}};
  BOOST_TEST(name("cert,token", both) == "cert:CN=a");
  BOOST_TEST(name("token,cert", both) == "token:build");
  // A wrong proof is not made good by another one.
  Environment wrong = both;
  wrong["SSL_CLIENT_VERIFY"] = "FAILED:revoked";
  refusal("cert,token", wrong);
}

BOOST_AUTO_TEST_CASE(nothing_is_accepted_by_default) {
  BOOST_CHECK_EXCEPTION(identify("", {{"REMOTE_USER", "jane"}}), Error, has_code(Code::kDenied));
  BOOST_TEST(refusal("cert,token", {}) ==
             "This location wants a client certificate or a metaset token.");
}

BOOST_AUTO_TEST_CASE(the_parameter_is_checked) {
  const auto parse = [](const std::string& text) { return parse_auth(text); };
  BOOST_TEST(
      (parse(" token , cert,") == std::vector{AuthSource::kToken, AuthSource::kCertificate}));
  BOOST_TEST(parse("").empty());
  for (const char* text : {"tokens", "cert;user", "Token", "none", "cert user"}) {
    BOOST_CHECK_EXCEPTION(parse(text), Error, ([](const Error& error) {
                            return error.code() == Code::kUsage &&
                                   error.message().find("METASET_AUTH") != std::string::npos;
                          }));
  }
}

BOOST_AUTO_TEST_CASE(grants_decide_and_refusals_say_what_is_missing) {
  const Identity build = identify("token", {{"HTTP_AUTHORIZATION", "Bearer " + token}});
  const auto may = [&](const Identity& who, store::Right right, const char* publisher,
                       const char* area) { authorize(who, *access, right, publisher, area); };
  BOOST_CHECK_EXCEPTION(
      may(build, store::Right::kPublish, "first", "default"), StatusError,
      ([](const StatusError& error) {
        return error.status() == 403 &&
               error.message() ==
                   "token:build has no grant of the right 'publish' for publisher "
                   "'first' and staging area 'default'.";
      }));
  access->add_grant(
      {0, "token:build", store::parse_rights("publish,preview"), "first", "*", {}, {}}, kAdmin);
  may(build, store::Right::kPublish, "first", "default");
  BOOST_CHECK_EXCEPTION(may(build, store::Right::kCommit, "first", "default"), StatusError,
                        has_status(403));
  BOOST_CHECK_EXCEPTION(may(build, store::Right::kPublish, "", ""), StatusError, has_status(403));
  Identity cert{AuthSource::kCertificate, "cert:CN=a", std::string(40, 'a'), "", false};
  access->add_grant(
      {0, "fingerprint:" + cert.fingerprint, store::parse_rights("commit"), "*", "*", {}, {}},
      kAdmin);
  may(cert, store::Right::kCommit, "", "");
  cert.fingerprint = std::string(40, 'b');
  BOOST_CHECK_THROW(may(cert, store::Right::kCommit, "", ""), StatusError);
}

BOOST_AUTO_TEST_CASE(pages_of_other_sites_may_only_look) {
  access->add_grant({0, "*", store::parse_rights("publish,preview"), "*", "*", {}, {}}, kAdmin);
  const auto cross_site = [&](const Environment& headers) {
    const Identity who =
        identify("user", with({{"REMOTE_USER", "jane"}, {"HTTP_HOST", "depot:80"}}, headers));
    authorize(who, *access, store::Right::kPreview, "first", "default");
    try {
      authorize(who, *access, store::Right::kPublish, "first", "default");
    } catch (const StatusError& error) {
      BOOST_TEST(error.status() == 403);
      return true;
    }
    return false;
  };
  BOOST_TEST(!cross_site({}));
  BOOST_TEST(!cross_site({{"HTTP_SEC_FETCH_SITE", "same-origin"}}));
  BOOST_TEST(!cross_site({{"HTTP_SEC_FETCH_SITE", "none"}}));
  BOOST_TEST(!cross_site({{"HTTP_ORIGIN", "https://depot:80"}}));
  BOOST_TEST(cross_site({{"HTTP_SEC_FETCH_SITE", "cross-site"}}));
  BOOST_TEST(cross_site({{"HTTP_SEC_FETCH_SITE", "same-site"}}));
  BOOST_TEST(cross_site({{"HTTP_ORIGIN", "https://attacker.example"}}));
  BOOST_TEST(cross_site({{"HTTP_ORIGIN", "null"}}));
}

// As a client sees it.
BOOST_AUTO_TEST_CASE(answers_have_the_form_that_clients_print) {
  DispatcherFixture depot(Role::kPublish);
  depot.work([this](Exchange& exchange) {
    const Identity who = authenticate(exchange.request, exchange.config, *access);
    authorize(who, *access, store::Right::kPublish, "first", "default");
  });
  const FakeGateway& first = depot.ask("/open/0/x", {{"METASET_AUTH", "token"}});
  BOOST_TEST(first.status() == 401);
  BOOST_TEST(first.field("WWW-Authenticate") == "Basic realm=\"metaset\"");
  BOOST_TEST(first.field("X-IPkg-Error") == "ENT");
  BOOST_TEST(first.body().find("<p>This location wants a metaset token.</p>") != std::string::npos);
  const FakeGateway& second = depot.ask(
      "/open/0/x", {{"METASET_AUTH", "token"}, {"HTTP_AUTHORIZATION", basic("build:" + token)}});
  BOOST_TEST(second.status() == 403);
  BOOST_TEST(second.body().find("<p>token:build has no grant") != std::string::npos);
  BOOST_TEST(depot.ask("/open/0/x", {{"METASET_AUTH", ""}}).status() == 403);
  BOOST_TEST(depot.ask("/open/0/x", {{"METASET_AUTH", "any"}}).status() == 500);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace metaset::http
